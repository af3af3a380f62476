/** One series of a family: its labels and its value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A gauge with its samples. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export const family = (name: string, help: string, samples: readonly Sample[]): Family => ({ name, help, samples })

/** Families in Prometheus's text exposition format 0.0.4. A family without samples is left out. */
export function textOfFamilies(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(
      ({ name, help, samples }) =>
        `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} gauge\n${samples.map(sample => `${lineOf(name, sample)}\n`).join('')}`,
    )
    .join('')
}

function lineOf(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  return `${name}{${pairs.join(',')}} ${value}`
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')
