import { z } from 'zod'
import { ROLES } from '../core/marker.ts'
import type { Outcome, Status } from '../core/outcome.ts'
import type { Report } from './report.ts'

const number = z.number().optional()

/** What the metrics tell of a site; the other fields of its row in the report are left out. */
const siteMetrics = z.object({
  site: z.string(),
  // absent in what earlier versions kept
  verdict: z.enum(['well', 'needs attention', 'failed']).optional(),
  role: z.enum([...ROLES, 'desktop']).optional(),
  newestBackup: number,
  bytes: number,
  allowanceBytes: number,
  restorePoints: number,
  chains: number,
  lag: number,
  prunedBytes: number,
  drilledAt: number,
  works: z.boolean().optional(),
  isSuspect: z.boolean().optional(),
  seconds: number,
  transferred: z.object({ read: z.number(), written: z.number() }).optional(),
})
type SiteMetrics = z.infer<typeof siteMetrics>

/** What is remembered between a task's runs: a metrics file holds only the last one. Times in ms since the epoch. */
export const metricsMemory = z.object({ lastSuccess: number, sites: z.record(z.string(), siteMetrics) })
export type MetricsMemory = z.infer<typeof metricsMemory>

/**
 * What the next run is to remember: the end of the last run that went well, and the newest report of each site.
 * @param partial only some sites were asked for: the others keep theirs; else those that are not in the report are gone
 */
export function remember(before: MetricsMemory, report: Report, partial: boolean): MetricsMemory {
  const rows = report.sites.map(row => [row.site, { drilledAt: before.sites[row.site]?.drilledAt, ...siteMetrics.parse(row) }])
  const sites: MetricsMemory['sites'] = Object.fromEntries(rows)
  return {
    lastSuccess: report.exitCode === 0 && !partial ? report.endedAt : before.lastSuccess,
    sites: partial || rows.length === 0 ? { ...before.sites, ...sites } : sites,
  }
}

const seconds = (milliseconds: number | undefined): number | undefined => milliseconds && milliseconds / 1000

type Field<Subject> = readonly [name: string, help: string, value: (subject: Subject) => number | undefined]

const RUN_FIELDS: readonly Field<Report & Pick<MetricsMemory, 'lastSuccess'>>[] = [
  ['start_timestamp_seconds', 'When the last run began.', run => seconds(run.startedAt)],
  ['end_timestamp_seconds', 'When the last run ended.', run => seconds(run.endedAt)],
  ['duration_seconds', 'How long the last run took.', run => (run.endedAt - run.startedAt) / 1000],
  [
    'exit_code',
    'Exit code of the last run: 0 all well, 1 something failed or needs attention, 2 bad input, 75 locked, 128+n stopped.',
    run => run.exitCode,
  ],
  [
    'last_success_timestamp_seconds',
    'When the last run over all sites ended in which nothing failed.',
    run => seconds(run.lastSuccess),
  ],
]

const oneOrZero = (is: boolean | undefined): number | undefined => (is === undefined ? undefined : Number(is))

const SITE_FIELDS: readonly Field<SiteMetrics>[] = [
  [
    'newest_backup_timestamp_seconds',
    'Up to when the site is in the newest set of the archive.',
    site => seconds(site.newestBackup),
  ],
  ['archive_bytes', 'Size of the archive of the site.', site => site.bytes],
  ['allowance_bytes', 'Size that the archive of the site may have.', site => site.allowanceBytes],
  ['restore_points', 'Sets in the archive that a restore can start from.', site => site.restorePoints],
  ['chains', 'Chains in the archive.', site => site.chains],
  ['replica_lag_restore_points', 'Restore points in the archive that the replica on this host lacks.', site => site.lag],
  ['pruned_bytes', 'What pruning freed in the last run.', site => site.prunedBytes ?? 0],
  ['duration_seconds', 'How long the last run worked on the site.', site => site.seconds],
  ['archive_read_bytes', 'What the last run read from the archive of the site.', site => site.transferred?.read],
  ['archive_written_bytes', 'What the last run wrote to the archive of the site.', site => site.transferred?.written],
  ['works', 'Whether the site worked when it was asked last: 1 or 0.', ({ works }) => oneOrZero(works)],
  [
    'suspect',
    'Whether its contents changed as by an attack: 1 until a person clears it.',
    ({ isSuspect }) => oneOrZero(isSuspect),
  ],
  ['drill_timestamp_seconds', 'When a backup was last tried in a sandbox.', site => seconds(site.drilledAt)],
]

/** The metrics of a run in Prometheus's text format 0.0.4. The age of a backup is `time()` less its timestamp. */
export function metricsText(memory: MetricsMemory, report: Report, outcomes: readonly Outcome[]): string {
  const { task } = report
  const run = { ...report, lastSuccess: memory.lastSuccess }
  const sites = Object.values(memory.sites).map(site => ({ site, labels: { task, site: site.site, role: site.role ?? '' } }))
  const steps = Map.groupBy(outcomes, outcome => JSON.stringify(stepLabels(task, outcome)))
  return [
    ...RUN_FIELDS.map(([name, help, value]) => gauge(`run_${name}`, help, [{ labels: { task }, value: value(run) }])),
    ...SITE_FIELDS.map(([name, help, value]) =>
      gauge(
        `site_${name}`,
        help,
        sites.map(({ site, labels }) => ({ labels, value: value(site) })),
      ),
    ),
    gauge(
      'site_verdict',
      'Verdict of the last run on the site: 1 for well, needs attention or failed.',
      sites.map(({ site: { verdict = '' }, labels }) => ({ labels: { ...labels, verdict }, value: verdict ? 1 : undefined })),
    ),
    gauge(
      'step_outcome',
      'What became of each step of the last run, by site: 1 for its status.',
      [...steps.values()].map(all => ({ labels: { ...stepLabels(task, all[0]!), status: worstOf(all) }, value: 1 })),
    ),
    gauge(
      'step_duration_seconds',
      'How long each step of the last run took, by site.',
      [...steps.values()].map(all => ({ labels: stepLabels(task, all[0]!), value: secondsOf(all) })),
    ),
  ].join('')
}

const stepLabels = (task: string, { step, phase, subject }: Outcome) => ({
  task,
  site: subject ?? '',
  step: phase === 'do' ? step : `${step} ${phase}`,
})

const FROM_BEST: readonly Status[] = ['done', 'skipped', 'stopped', 'failed']

/** Of a step that ran twice for a site the worst status counts. */
const worstOf = (outcomes: readonly Outcome[]): Status =>
  FROM_BEST.findLast(status => outcomes.some(outcome => outcome.status === status))!

/** All its times together; undefined where it was always skipped. */
function secondsOf(outcomes: readonly Outcome[]): number | undefined {
  const ran = outcomes.filter(({ status }) => status !== 'skipped')
  return ran.length === 0 ? undefined : ran.reduce((sum, each) => sum + each.seconds, 0)
}

/** One series: its labels and its value, undefined where that is not known. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number | undefined
}

/** A gauge with its known samples; nothing without any. */
function gauge(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.filter(({ value }) => value !== undefined).map(sample => `${sampleText(`holdfast_${name}`, sample)}\n`)
  return lines.length === 0 ? '' : `# HELP holdfast_${name} ${help}\n# TYPE holdfast_${name} gauge\n${lines.join('')}`
}

function sampleText(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  return `${name}{${pairs.join(',')}} ${value}`
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
