import { COMMON, type Task } from './command-line.ts'
import { type Options, usageOf } from './options.ts'

const namesOf = (options: Options): string =>
  Object.entries(options)
    .map(([name, option]) => `\`${usageOf(name, { ...option, short: undefined })}\``)
    .join(', ')

const BEGIN = '<!-- made of the declarations by `npm run schema` -->\n'
const END = '<!-- end -->'

/** README's table of the tasks with their own options, and the options that all of them take. */
function taskTable(tasks: readonly Task[]): string {
  const rows = tasks.map(({ name, about, options = {} }) => {
    const own = Object.fromEntries(Object.entries(options).filter(([option]) => !(option in COMMON)))
    return `| \`npx zx tasks/${name}.ts\` | ${about} | ${namesOf(own)} |\n`
  })
  const table = ['| task | what it does | its own options |\n| --- | --- | --- |\n', ...rows].join('')
  return `${BEGIN}${table}\nAll of them take ${namesOf(COMMON)}.\n${END}`
}

/** A text with a new table in place of the one that is in it. @throws where there is none */
export function withTaskTable(text: string, tasks: readonly Task[]): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`found no ${BEGIN.trim()} before a ${END}`)
  return `${text.slice(0, begin)}${taskTable(tasks)}${text.slice(end + END.length)}`
}
