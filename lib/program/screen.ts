import { fstatSync } from 'node:fs'
import { type RunEvent, shownTitle } from '../core/outcome.ts'
import { endOfStep, linesOf, printableLine, textOf } from '../report/lines.ts'
import type { CommonOptions } from './command-line.ts'

/**
 * The screen for these options: a live tree on a terminal; else only what a person who is asked something has to read,
 * or for `--verbose`, a dry run and journald what happens. `--json` and `--quiet` show nothing before the end.
 */
export function screenFor(
  { json, verbose, quiet, dryRun }: Pick<CommonOptions, 'json' | 'verbose' | 'quiet' | 'dryRun'>,
  interactive: boolean,
) {
  const isSilent = json || quiet
  const live = !interactive && process.stdout.isTTY && !isSilent && !verbose
  const journal = isJournal()
  const linesFor = verbose ? linesOf : interactive || dryRun || journal ? whatIsSaid() : () => []
  // who reads it may have gone away: that is no reason to end a backup
  process.stdout.on('error', () => {})
  const show = (event: RunEvent): void => {
    if (live || isSilent) return
    const prefix = journal ? `<${priorityOf(event)}>` : ''
    process.stdout.write(
      linesFor(event)
        .map(line => `${prefix}${line}\n`)
        .join(''),
    )
  }
  return { live, show }
}

/** Seconds after which a step is worth a line for having taken them. */
const LONG = 2

/** Without `--verbose`: what steps have to say, below their titles; one that has nothing to say is not mentioned. */
function whatIsSaid(): (event: RunEvent) => string[] {
  const titles = new Map<string | undefined, string>()
  let last: string | undefined
  return event => {
    const { kind, subject } = event
    if (kind === 'begin') titles.set(subject, shownTitle(event))
    if (!isSaid(event)) return []
    const title = kind === 'end' ? shownTitle(event.outcome) : titles.get(subject)
    const head = [subject === undefined ? [] : `[${subject}]`, title ?? []].flat().join(' ')
    const before = head === last || head === '' ? [] : [head]
    last = head
    const text = kind === 'end' ? [`  ${endOfStep(event.outcome)}`] : textOf(event)
    return [...before, ...text.flatMap(each => each.split('\n'))].map(printableLine)
  }
}

function isSaid(event: RunEvent): boolean {
  if (event.kind === 'command') return !event.command.ran
  if (event.kind !== 'end') return event.kind === 'note' || event.kind === 'progress'
  const { status, seconds } = event.outcome
  return status === 'failed' || status === 'stopped' || (status === 'done' && seconds >= LONG)
}

/** Whether standard output goes to journald: systemd says by JOURNAL_STREAM which file that is (systemd.exec(5)). */
export function isJournal(stream = process.env.JOURNAL_STREAM, descriptor = 1): boolean {
  if (stream === undefined) return false
  const { dev, ino } = fstatSync(descriptor)
  return stream === `${dev}:${ino}`
}

/** The priorities of syslog, as journald reads them at the beginning of a line (sd-daemon(3)). */
const [ERROR, WARNING, NOTICE, INFO] = [3, 4, 5, 6]
const NOTES = { info: INFO, significant: NOTICE, warning: WARNING, problem: ERROR }
const ENDS = { done: INFO, skipped: INFO, stopped: WARNING, failed: ERROR }

/** How much an event matters, for journald. */
export function priorityOf(event: RunEvent): number {
  if (event.kind === 'end') return ENDS[event.outcome.status]!
  return event.kind === 'note' ? NOTES[event.note.kind]! : INFO!
}
