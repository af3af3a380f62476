import type { Report } from './report.ts'

type Told = Omit<Report, 'subject' | 'significantRun'>

/** Names that a subject lists before it says how many more there are. */
const NAMED = 3

/** One line that tells the verdict and the count: `web1: 1 of 12 sites FAILED — blog`. A task other than the nightly run is named. */
export function subjectOf(report: Told): string {
  const dry = report.dryRun ? ' (dry run)' : ''
  return `${report.host}: ${verdictOf(report)}${dry}`.replace(/[\u0000-\u001f\u007f]/g, '?')
}

function verdictOf(report: Told): string {
  const { failures, problems, sites, task, stoppedBy, exitCode } = report
  const failed = sites.filter(site => site.state === 'failed').map(site => site.site)
  const of = `${failed.length} of ${counted(sites.length, 'site')}`
  const general = [...new Set(failures.filter(failure => failure.site === undefined).map(failure => failure.title))]
  if (stoppedBy !== undefined)
    return `${task} STOPPED by ${stoppedBy}${failed.length > 0 ? `, ${of} FAILED — ${listed(failed)}` : ''}`
  if (failed.length > 0 && general.length > 0) return `${named(task)}${of} and ${listed(general)} FAILED — ${listed(failed)}`
  if (failed.length > 0) return `${named(task)}${of} FAILED — ${listed(failed)}`
  if (general.length > 0 && isDone(report)) return `${named(task)}${listed(general)} FAILED; ${well(report)}`
  if (general.length > 0) return `${task} FAILED — ${listed(general)}`
  if (problems.length > 0) return `${named(task)}${attention(report)}`
  return exitCode === 0 ? `${named(task)}${well(report)}` : `${task} FAILED with exit code ${exitCode}`
}

/** Whether the work itself was done for every site, whatever failed around it: a hook, a ping, an unmount. */
function isDone({ sites }: Told): boolean {
  return sites.length > 0 && sites.every(site => site.state === 'well')
}

function attention({ problems, sites }: Told): string {
  const names = sites.filter(site => site.state === 'attention').map(site => site.site)
  if (names.length > 0)
    return `${counted(names.length, 'site')} ${names.length === 1 ? 'needs' : 'need'} attention — ${listed(names)}`
  return `needs attention — ${shortened(problems[0]!.text)}`
}

/** What was significant, in a word or two each; or simply that all is well. */
function well({ sites, significant }: Told): string {
  const full = sites.filter(site => site.backedUp === 'full').map(site => site.site)
  const pruned = sites.filter(site => site.prunedBytes !== undefined).map(site => site.site)
  const did = [full.length > 0 ? `full backup of ${listed(full)}` : '', pruned.length > 0 ? `pruned ${listed(pruned)}` : '']
  const said = did.filter(text => text !== '').join(', ')
  const count = sites.length > 0 ? `${counted(sites.length, 'site')} well` : 'all well'
  if (said !== '') return `${count} — ${said}`
  return significant.length > 0 ? `${count} — ${shortened(significant[0]!.text)}` : count
}

const named = (task: string): string => (task === 'nightly' ? '' : `${task}: `)

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).join(', ')
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown
}

function shortened(text: string): string {
  const [first = ''] = text.split('\n')
  return first.length > 90 ? `${first.slice(0, 87)}…` : first
}
