import { formatAge } from './age.ts'
import { type Finding, type Verdict, verdictOf } from './finding.ts'
import { EXIT, isTrouble, type Outcome, shownTitle } from './outcome.ts'
import { printTime } from './restore-point.ts'
import { reportsBySite, type SiteReport } from './site-report.ts'
import { taskCommand } from './task-command.ts'
import { formatBytes } from './wording.ts'

/** Judges a site by all that is known of it, on its replicas' hosts too. What was not looked at is not judged. */
export function judge(site: SiteReport): readonly Finding[] {
  const { role } = site
  const work = [...(site.work ?? []), ...(site.lastWork ?? [])]
  if (role === 'unmanaged') return work
  if (role === 'conflict' || role === 'ambiguous' || role === 'unfinished') return [...work, attention(claimText(site))]
  if (role === 'incoming') return [...work, remark(claimText(site))]
  if (role === 'released') return [...work, attention(releasedText(site))]
  return [
    ...brokenFindings(site),
    ...suspicionFindings(site, site.suspicion),
    ...suspicionFindings(site, site.seals),
    ...(site.drillProblem ? [site.drillProblem] : []),
    ...(site.dns ? [site.dns] : []),
    ...work,
    ...ageFindings(site),
    ...shrinkageFindings(site),
    ...damageFindings(site),
    ...pruningFindings(site),
    ...remarks(site),
  ]
}

const failed = (text: string): Finding => ({ level: 'failed', text })
const attention = (text: string): Finding => ({ level: 'attention', text })
const remark = (text: string): Finding => ({ level: 'remark', text })

export const claimText = ({ role, reason, choices = [] }: SiteReport): string => [`${role}: ${reason}`, ...choices].join('\n  ')

/** Nobody gets anything of the site until the other host takes it, or this one takes it back. */
const releasedText = (site: SiteReport): string =>
  `${claimText(site)}\n  to take it back: ${taskCommand(site.commandPlace, 'handover', '--site', site.site, '--cancel')}`

/** The way back is its owner's. */
function brokenFindings({ site, broken, commandPlace }: SiteReport): Finding[] {
  if (!broken || broken.level === 'remark') return broken ? [broken] : []
  return [{ ...broken, text: `${broken.text}\n  ${taskCommand(commandPlace, 'recover', '--site', site, '--last-good')}` }]
}

function suspicionFindings({ site, commandPlace }: SiteReport, found: Finding | null | undefined): Finding[] {
  if (!found || found.level === 'remark') return found ? [found] : []
  const command = taskCommand(commandPlace, 'status', '--clear', site)
  return [{ ...found, text: `${found.text}. Once you have looked: ${command}` }]
}

function shrinkageFindings({ site, shrinkage, commandPlace }: SiteReport): Finding[] {
  return shrinkage
    ? [attention(`${shrinkage}: ${taskCommand(commandPlace, 'nightly', '--site', site, '--accept-shrinkage')}`)]
    : []
}

/** Only backups that restore count. */
function ageFindings({ site, role, commandPlace, seenAt, staleAfter, newestBackup }: SiteReport): Finding[] {
  if (seenAt === undefined) return []
  if (newestBackup === undefined) return [failed('there is no backup that could be restored')]
  const age = seenAt - newestBackup
  if (age < 0) {
    const where = role === 'desktop' || role === 'primary' ? '' : ', on its owner'
    const [task, ...which] = role === 'desktop' ? ['desktop'] : ['nightly', '--site', site]
    const command = taskCommand(commandPlace, task!, ...which, '--set-aside-future')
    const ahead = `the newest backup is of ${printTime(newestBackup)}, ${formatAge(-age)} ahead of this clock`
    return [failed(`${ahead}: no backup is made until then. If this clock is right${where}: ${command}`)]
  }
  return staleAfter !== undefined && age > staleAfter ? [failed(`no backup for ${formatAge(age)}`)] : []
}

/** Damage in an older chain is reported once: it cannot be repaired, and the newest backups do without it. */
const damageFindings = ({ damage = [] }: SiteReport): Finding[] =>
  damage.map(({ text, isOld }) => (isOld ? remark(text) : attention(text)))

function pruningFindings(site: SiteReport): Finding[] {
  const { frozen, room } = site
  if (frozen) return [attention(`pruning is stopped: ${frozen}`)]
  if (room === undefined) return sizeFindings(site)
  return room.enough ? [] : [room.prunable ? remark(room.reason) : attention(room.reason)]
}

/** Pruning is daily work; that it can do no more needs somebody. The archive is the owner's to prune. */
function sizeFindings({ role, bytes, allowanceBytes, pruning }: SiteReport): Finding[] {
  if (role !== 'primary' || bytes === undefined || allowanceBytes === undefined || bytes <= allowanceBytes || !pruning) return []
  const over = `over its allowance, ${formatBytes(bytes)} of ${formatBytes(allowanceBytes)}`
  const { isExhausted, freesBytes, reason } = pruning
  if (isExhausted) return [attention(`${over}, and nothing can go: ${reason}. Raise max_NAS_space, or back up less`)]
  return [remark(freesBytes === undefined ? `${over}: ${reason}` : `${over}: the next run frees ${formatBytes(freesBytes)}`)]
}

/** What is part of no chain may be a backup that is being written at this moment. */
const remarks = ({ untidy = [], settings = [] }: SiteReport): Finding[] => [...untidy, ...settings].map(remark)

/** The result of a run for one site: all that was reported of it, with the findings and the verdict. */
export interface SiteVerdict {
  readonly report: SiteReport
  readonly findings: readonly Finding[]
  readonly verdict: Verdict
}

/** What work came to where it was not well: for one site, or, without one, for the run as a whole. */
export function workFindings(outcomes: readonly Outcome[], site: string | undefined): readonly Finding[] {
  return outcomes
    .filter(({ subject }) => subject === site)
    .flatMap((outcome): Finding[] => [
      ...(outcome.status === 'failed' ? [{ level: 'failed' as const, text: `${shownTitle(outcome)}: ${outcome.reason}` }] : []),
      ...outcome.notes
        .filter(({ kind }) => kind === 'problem')
        .map(({ text, about }) => ({ level: 'attention' as const, text, ...(about && { about }) })),
    ])
}

/** The verdict on every site of a run. @param isJudged false for a recovery or a dry run: the work alone counts */
export function siteVerdicts(outcomes: readonly Outcome[], isJudged: boolean): readonly SiteVerdict[] {
  const reports = reportsBySite(outcomes.flatMap(outcome => outcome.reports ?? []))
  const subjects = outcomes.map(({ subject }) => subject).filter(subject => subject !== undefined)
  return [...new Set([...reports.keys(), ...subjects])].toSorted().map(site => {
    const work = workFindings(outcomes, site)
    const report = { ...reports.get(site), site, work }
    const findings = isJudged ? judge(report) : [...work, ...(report.stillBroken ? [report.stillBroken] : [])]
    return { report, findings, verdict: verdictOf(findings) }
  })
}

const SIGNAL_NUMBER: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/** The exit code of a run. @param stoppedBy the signal that ended it early, such as `SIGTERM` */
export function exitCodeOf(outcomes: readonly Outcome[], stoppedBy?: string, isJudged = false): number {
  if (stoppedBy !== undefined) return 128 + (SIGNAL_NUMBER[stoppedBy] ?? 0)
  const ending = outcomes.filter(outcome => isTrouble(outcome) || outcome.status === 'skipped')
  const asked = ending.find(({ exitCode }) => exitCode !== undefined)?.exitCode
  if (asked !== undefined) return asked
  const isWell = !outcomes.some(isTrouble) && siteVerdicts(outcomes, isJudged).every(({ verdict }) => verdict === 'well')
  return isWell ? EXIT.well : EXIT.failed
}
