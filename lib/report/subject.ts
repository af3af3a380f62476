import type { Report } from './report.ts'
import { counted, firstOf, lasting, verdictWords } from './verdict-words.ts'

type Told = Omit<Report, 'subject' | 'significantRun'>

/** One line that tells the verdict and the count: `web1: 1 of 12 sites FAILED — blog`. A task other than the nightly run is named. */
export function subjectOf(report: Told): string {
  const dry = report.dryRun ? ' (dry run)' : ''
  return `${report.host}: ${verdictLine(report)}${dry}`.replace(/[\u0000-\u001f\u007f]/g, '?')
}

/** The same without the host, as a run ends with it. */
export function verdictLine(report: Told): string {
  const { failures, problems, task, stoppedBy, exitCode, endedAt } = report
  const sites = verdictWords(report.sites, endedAt)
  const general = [...new Set(failures.filter(failure => failure.site === undefined).map(failure => failure.title))]
  const failed = `${firstOf(general)} FAILED${lasting(report.since, endedAt)}`
  if (stoppedBy !== undefined) return `${task} STOPPED by ${stoppedBy}${sites === '' ? '' : `; ${sites}`}`
  if (sites !== '') return named(task) + (general.length > 0 ? `${sites}; ${failed}` : sites)
  if (general.length > 0 && isDone(report)) return `${named(task)}${failed}; ${well(report)}`
  if (general.length > 0) return `${task} FAILED — ${firstOf(general)}${lasting(report.since, endedAt)}`
  if (problems.length > 0) return `${named(task)}needs attention — ${shortened(problems[0]!.text)}`
  return exitCode === 0 ? `${named(task)}${well(report)}` : `${task} FAILED with exit code ${exitCode}`
}

/** Whether the work itself was done for every site, whatever failed around it: a hook, a ping, an unmount. */
const isDone = ({ sites }: Told): boolean => sites.length > 0 && sites.every(site => site.state === 'well')

/** What was significant, in a word or two each; or simply that all is well. */
function well({ sites, significant }: Told): string {
  const full = sites.filter(site => site.backedUp === 'full').map(site => site.site)
  const pruned = sites.filter(site => site.prunedBytes !== undefined).map(site => site.site)
  const again = sites.filter(site => site.isWellAgain).map(site => site.site)
  const did = [
    again.length > 0 ? `${firstOf(again)} well again` : '',
    full.length > 0 ? `full backup of ${firstOf(full)}` : '',
    pruned.length > 0 ? `pruned ${firstOf(pruned)}` : '',
  ]
  const said = did.filter(text => text !== '').join(', ')
  const count = sites.length > 0 ? `${counted(sites.length, 'site')} well` : 'all well'
  if (said !== '') return `${count} — ${said}`
  return significant.length > 0 ? `${count} — ${shortened(significant[0]!.text)}` : count
}

const named = (task: string): string => (task === 'nightly' ? '' : `${task}: `)

function shortened(text: string): string {
  const [first = ''] = text.split('\n')
  return first.length > 90 ? `${first.slice(0, 87)}…` : first
}
