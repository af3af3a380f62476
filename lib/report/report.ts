import { formatAge } from '../core/age.ts'
import { type Finding, type Verdict, verdictOf } from '../core/finding.ts'
import { type LastRun, type LastVerdict, lastOf, NO_RUN } from '../core/last-run.ts'
import { type NoteKind, type Outcome, shownTitle, sumTransferred, type Transferred } from '../core/outcome.ts'
import type { SiteReport } from '../core/site-report.ts'
import { shellWord } from '../core/task-command.ts'
import { type SiteVerdict, siteVerdicts, workFindings } from '../core/verdict.ts'
import { counted } from '../core/wording.ts'
import { firstOf, lasting, verdictWords } from './verdict-words.ts'

/** A run, as its report begins to be made. Times in milliseconds since the epoch. */
export interface RunFacts {
  readonly host: string
  readonly task: string
  readonly dryRun: boolean
  readonly startedAt: number
  readonly endedAt: number
  readonly exitCode: number
  /** The signal that ended it early. */
  readonly stoppedBy: string | undefined
  readonly outcomes: readonly Outcome[]
  /** It judges the sites, see {@link siteVerdicts}. */
  readonly isJudged: boolean
  /** What the last run of the task said. */
  readonly last?: LastRun
  /** Where its log is; undefined for a run that could not begin one. */
  readonly log: string | undefined
  /** The command that does it again, for one site or for all, as a person types it. */
  readonly again: (site: string | undefined) => string
}

/** Something that failed, with what it printed last and what to type next. */
export interface Failure {
  readonly site: string | undefined
  readonly title: string
  readonly reason: string
  readonly output: readonly string[]
  readonly advice: readonly string[]
}

/** A remark of a step, with whom it is about. */
export interface Remark {
  readonly site: string | undefined
  readonly text: string
}

/** A site as a report tells of it. */
export interface SiteRow extends SiteReport {
  readonly verdict: Verdict
  /** The verdict, but for a site that is due and was not got to: nothing new is known of it. */
  readonly state: Verdict | 'not reached'
  /** Since when it is not well, ms since the epoch. */
  readonly since?: number
  /** What this run read from its archive and wrote to it; undefined where nobody knows. */
  readonly transferred: Transferred | undefined
  /** How long this run worked on it. */
  readonly seconds: number
  /** It is well, and the last run said that it was not. */
  readonly isWellAgain: boolean
}

/** What the text, the mail and the hooks say of a run: all of it from the outcomes. */
export interface Report extends Omit<RunFacts, 'outcomes' | 'again' | 'isJudged' | 'last'> {
  /** What the mail's subject says, with the host in front. */
  readonly subject: string
  /** The worst of the sites' and of the run's own. */
  readonly verdict: Verdict
  /** Since when something fails that is for no site. */
  readonly since?: number | undefined
  /** What it read from the archive and wrote to it, for all sites together. */
  readonly transferred: Transferred | undefined
  readonly failures: readonly Failure[]
  /** What a person has to see to; the run goes on without. */
  readonly problems: readonly Remark[]
  readonly warnings: readonly Remark[]
  readonly significant: readonly Remark[]
  /** What was tried in a sandbox, and works. */
  readonly drills: readonly Remark[]
  readonly sites: readonly SiteRow[]
  readonly significantRun: boolean
}

/** Makes the report of a run from its outcomes. Pure: the same outcomes give the same report. */
export function reportOf(run: RunFacts): Report {
  const { host, task, dryRun, startedAt, endedAt, exitCode, stoppedBy, log, outcomes, isJudged, last = NO_RUN } = run
  const verdicts = siteVerdicts(outcomes, isJudged)
  const work = workFindings(outcomes, undefined)
  const bySite = Map.groupBy(outcomes, ({ subject }) => subject)
  const sites = verdicts.map(verdict => rowOf(verdict, bySite.get(verdict.report.site) ?? [], run))
  const notes = (kind: NoteKind): Remark[] =>
    outcomes.flatMap(({ subject, notes: all }) =>
      all.filter(note => note.kind === kind).map(note => ({ site: subject, text: note.text })),
    )
  const findings = [...work, ...verdicts.flatMap(each => each.findings)]
  const failures = outcomes.filter(outcome => outcome.status === 'failed').map(outcome => failureOf(outcome, run))
  const since = verdictOf(work) === last.run?.verdict ? last.run.since : undefined
  const report = {
    ...{ host, task, dryRun, startedAt, endedAt, exitCode, stoppedBy, log, failures, sites, since },
    verdict: runVerdict(run, findings),
    transferred: sumTransferred(outcomes.map(({ transferred }) => transferred)),
    problems: distinct([...notes('problem'), ...remarksOf(verdicts, ({ level }) => level !== 'remark')]),
    warnings: distinct([...notes('warning'), ...remarksOf(verdicts, ({ level }) => level === 'remark')]),
    significant: [...recoveries(sites, work, run), ...notes('significant')],
    drills: sites.flatMap(({ site, drill }) => (drill === undefined ? [] : [{ site, text: drill }])),
  }
  const trouble = findings.filter(({ level }) => level !== 'remark')
  const isOnlyKnown = stoppedBy === undefined && trouble.length > 0 && trouble.every(({ isKnown }) => isKnown)
  const isNews = !isOnlyKnown && (exitCode !== 0 || failures.length + report.problems.length > 0)
  return { ...report, subject: subjectOf(report), significantRun: isNews || report.significant.length > 0 }
}

function runVerdict({ exitCode, stoppedBy }: RunFacts, findings: readonly Finding[]): Verdict {
  const verdict = verdictOf(findings)
  return stoppedBy !== undefined || (exitCode !== 0 && verdict === 'well') ? 'failed' : verdict
}

/** What the sites' verdicts rest on besides the work of this run, which its outcomes tell. */
function remarksOf(verdicts: readonly SiteVerdict[], isWanted: (finding: Finding) => boolean): Remark[] {
  return verdicts.flatMap(({ report, findings }) =>
    findings
      .filter(finding => isWanted(finding) && !report.work?.includes(finding))
      .map(({ text }) => ({ site: report.site, text })),
  )
}

const distinct = (remarks: readonly Remark[]): Remark[] => [
  ...new Map(remarks.map(remark => [JSON.stringify([remark.site, remark.text]), remark])).values(),
]

/** What was not well in the last run, and is. */
function recoveries(sites: readonly SiteRow[], work: readonly Finding[], { task, last, endedAt, isJudged }: RunFacts): Remark[] {
  const again = (before: LastVerdict): string =>
    `well again, after it ${before.verdict === 'failed' ? 'had failed' : 'needed attention'} for ${formatAge(endedAt - before.since)}`
  const run = last?.run
  const isRunWell = isJudged && run !== undefined && run.verdict !== 'well' && work.length === 0
  return [
    ...(isRunWell ? [{ site: undefined, text: `${task} is ${again(run)}: ${run.work[0]?.text ?? 'it was stopped'}` }] : []),
    ...sites.filter(row => row.isWellAgain).map(({ site }) => ({ site, text: again(lastOf(last!, site)!) })),
  ]
}

function failureOf(outcome: Outcome, { again, log }: RunFacts): Failure {
  const { subject, reason, output } = outcome
  return {
    site: subject,
    title: shownTitle(outcome),
    reason: reason ?? 'no reason given',
    output: output.slice(-10),
    advice: outcome.exitCode === 75 ? [] : [...(log === undefined ? [] : [`less ${shellWord(log)}`]), again(subject)],
  }
}

/** @param own the outcomes of what was done for the site */
function rowOf({ report, verdict }: SiteVerdict, own: readonly Outcome[], run: RunFacts): SiteRow {
  const last = lastOf(run.last ?? NO_RUN, report.site)
  const isBack = verdict === 'well' && report.seenAt !== undefined && last !== undefined && last.verdict !== 'well'
  const since = verdict !== 'well' && last?.verdict === verdict ? { since: last.since } : {}
  const state = verdict === 'well' && !isReached(report, own, run) ? 'not reached' : verdict
  const transferred = sumTransferred(own.map(each => each.transferred))
  const seconds = own.filter(({ phase }) => phase !== 'down').reduce((sum, each) => sum + each.seconds, 0)
  return { ...report, verdict, transferred, seconds, state, isWellAgain: isBack && state === 'well', ...since }
}

/** Whether the run got to a site that it had something to do for. One that does not judge is all for one site. */
function isReached({ role }: SiteReport, own: readonly Outcome[], { outcomes, isJudged }: RunFacts): boolean {
  if (!isJudged) return own.length > 0 || !outcomes.some(({ status }) => status === 'failed' || status === 'stopped')
  if (own.some(outcome => outcome.status === 'stopped')) return false
  return own.length > 0 || !(role === 'primary' || role === 'replica' || role === 'new replica')
}

type Draft = Omit<Report, 'subject' | 'significantRun'>

/** The verdict and the count: `web1: 1 of 12 sites FAILED — blog`. Tasks other than nightly are named. */
function subjectOf(report: Draft): string {
  const dry = report.dryRun ? ' (dry run)' : ''
  return `${report.host}: ${verdictLine(report)}${dry}`.replace(/[\u0000-\u001f\u007f]/g, '?')
}

/** The same without the host, as a run ends with it. */
export function verdictLine(report: Draft): string {
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
const isDone = ({ sites }: Draft): boolean => sites.length > 0 && sites.every(site => site.state === 'well')

/** What was significant, in a word or two each; or simply that all is well. */
function well({ sites, significant }: Draft): string {
  const full = sites.filter(site => site.backedUp === 'full').map(site => site.site)
  const pruned = sites.filter(site => site.prunedBytes !== undefined).map(site => site.site)
  const again = sites.filter(site => site.isWellAgain).map(site => site.site)
  const did = [
    again.length > 0 ? `${firstOf(again)} well again` : '',
    full.length > 0 ? `full backup of ${firstOf(full)}` : '',
    pruned.length > 0 ? `pruned ${firstOf(pruned)}` : '',
  ]
  const done = did.filter(text => text !== '').join(', ')
  const count = sites.length > 0 ? `${counted(sites.length, 'site')} well` : 'all well'
  if (done !== '') return `${count} — ${done}`
  return significant.length > 0 ? `${count} — ${shortened(significant[0]!.text)}` : count
}

const named = (task: string): string => (task === 'nightly' ? '' : `${task}: `)

function shortened(text: string): string {
  const [first = ''] = text.split('\n')
  return first.length > 90 ? `${first.slice(0, 87)}…` : first
}
