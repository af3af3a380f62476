import type { Verdict } from '../core/finding.ts'
import type { Outcome } from '../core/outcome.ts'
import type { SiteReport } from '../core/site-report.ts'
import type { Report } from './report.ts'

/**
 * What is remembered between a task's runs, since a metrics file holds only the last one. Times in milliseconds since
 * the epoch.
 */
export interface MetricsMemory {
  readonly lastSuccess?: number
  readonly sites: Readonly<Record<string, SiteMemory>>
}

/** The verdict is absent in what earlier versions kept. */
type SiteMemory = SiteReport & { readonly verdict?: Verdict }

/**
 * What the next run is to remember: the end of the last run that went well, and of each site what was told last.
 * @param partial only some sites were asked for: the others keep what was told of them; else they are gone
 */
export function remember(before: MetricsMemory, report: Report, partial: boolean): MetricsMemory {
  const sites = Object.fromEntries(report.sites.map(row => [row.site, { ...lasting(before.sites[row.site]), ...memoryOf(row) }]))
  const complete = report.exitCode === 0 && !partial
  const lastSuccess = complete ? report.endedAt : before.lastSuccess
  return {
    ...(lastSuccess === undefined ? {} : { lastSuccess }),
    sites: partial || report.sites.length === 0 ? { ...before.sites, ...sites } : sites,
  }
}

const lasting = ({ drilledAt }: Partial<SiteMemory> = {}): Partial<SiteMemory> => (drilledAt === undefined ? {} : { drilledAt })

/** What the metrics tell of a site, and no more. */
function memoryOf(row: Report['sites'][number]): SiteMemory {
  const { site, role, newestBackup, bytes, allowanceBytes, restorePoints, chains, lag, prunedBytes, drilledAt, verdict } = row
  const known = Object.entries({ role, newestBackup, bytes, allowanceBytes, restorePoints, chains, lag, prunedBytes, drilledAt })
  return { site, verdict, ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) }
}

/** The metrics of a run in Prometheus's text format. The age of a backup is `time()` less its timestamp. */
export function metricsText(memory: MetricsMemory, report: Report, outcomes: readonly Outcome[]): string {
  return textOfFamilies([
    ...runFamilies(memory, report),
    ...siteFamilies(memory, report.task),
    verdictFamily(memory, report.task),
    stepFamily(report.task, outcomes),
    durationFamily(report.task, outcomes),
  ])
}

const seconds = (milliseconds: number): number => milliseconds / 1000

function runFamilies({ lastSuccess }: MetricsMemory, { task, startedAt, endedAt, exitCode }: Report): Family[] {
  const one = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ labels: { task }, value }])
  return [
    family('holdfast_run_start_timestamp_seconds', 'When the last run began.', one(seconds(startedAt))),
    family('holdfast_run_end_timestamp_seconds', 'When the last run ended.', one(seconds(endedAt))),
    family('holdfast_run_duration_seconds', 'How long the last run took.', one(seconds(endedAt - startedAt))),
    family(
      'holdfast_run_exit_code',
      'Exit code of the last run: 0 all well, 1 something failed or needs attention, 2 bad input, 75 locked, 128+n stopped.',
      one(exitCode),
    ),
    family(
      'holdfast_run_last_success_timestamp_seconds',
      'When the last run over all sites ended in which nothing failed.',
      one(lastSuccess === undefined ? undefined : seconds(lastSuccess)),
    ),
  ]
}

type Field = readonly [name: string, help: string, value: (site: SiteReport) => number | undefined]

const SITE_FIELDS: readonly Field[] = [
  [
    'newest_backup_timestamp_seconds',
    'When the newest set in the archive was made.',
    site => site.newestBackup && seconds(site.newestBackup),
  ],
  ['archive_bytes', 'Size of the archive of the site.', site => site.bytes],
  ['allowance_bytes', 'Size that the archive of the site may have.', site => site.allowanceBytes],
  ['restore_points', 'Sets in the archive that a restore can start from.', site => site.restorePoints],
  ['chains', 'Chains in the archive.', site => site.chains],
  [
    'replica_lag_restore_points',
    'Restore points in the archive that the replica on this host has not replayed.',
    site => site.lag,
  ],
  ['pruned_bytes', 'What pruning freed in the last run.', site => site.prunedBytes ?? 0],
  ['drill_timestamp_seconds', 'When a restore was last tried and compared.', site => site.drilledAt && seconds(site.drilledAt)],
]

function siteFamilies(memory: MetricsMemory, task: string): Family[] {
  const sites = Object.values(memory.sites)
  return SITE_FIELDS.map(([name, help, read]) => {
    const samples = sites.flatMap(site => {
      const value = read(site)
      return value === undefined ? [] : [{ labels: { task, site: site.site, role: site.role ?? '' }, value }]
    })
    return family(`holdfast_site_${name}`, help, samples)
  })
}

/** One series a site: 1 for its verdict. */
function verdictFamily(memory: MetricsMemory, task: string): Family {
  const samples = Object.values(memory.sites).flatMap(({ site, role = '', verdict }) =>
    verdict === undefined ? [] : [{ labels: { task, site, role, verdict }, value: 1 }],
  )
  return family('holdfast_site_verdict', 'What the last run says of the site: 1 for well, needs attention or failed.', samples)
}

const labelsOf = (task: string, { step, phase, subject }: Pick<Outcome, 'step' | 'phase' | 'subject'>) => ({
  task,
  site: subject ?? '',
  step: phase === 'do' ? step : `${step} ${phase}`,
})

/** How long each step took for each site, all its times together. What was passed over took none. */
function durationFamily(task: string, outcomes: readonly Outcome[]): Family {
  const sums = new Map<string, Sample>()
  for (const outcome of outcomes.filter(({ status }) => status !== 'skipped')) {
    const labels = labelsOf(task, outcome)
    const key = JSON.stringify(labels)
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + outcome.seconds })
  }
  return family('holdfast_step_duration_seconds', 'How long each step of the last run took, by site.', [...sums.values()])
}

/**
 * One series an outcome that occurred: 1 for what became of the step. The worst counts where a step ran twice for a
 * site.
 */
function stepFamily(task: string, outcomes: readonly Outcome[]): Family {
  const rank = ['done', 'skipped', 'stopped', 'failed']
  const worst = new Map<string, Sample & { rank: number }>()
  for (const { status, ...outcome } of outcomes) {
    const labels = { ...labelsOf(task, outcome), status }
    const key = JSON.stringify([labels.site, labels.step])
    if ((worst.get(key)?.rank ?? -1) < rank.indexOf(status)) worst.set(key, { labels, value: 1, rank: rank.indexOf(status) })
  }
  return family('holdfast_step_outcome', 'What became of each step of the last run, by site: 1 for its status.', [
    ...worst.values(),
  ])
}

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
