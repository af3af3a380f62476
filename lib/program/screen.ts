import { fstatSync } from 'node:fs'
import type { RunEvent } from '../core/outcome.ts'
import { linesOf } from '../report/lines.ts'
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
  const isShown = (event: RunEvent): boolean => verbose || ((interactive || dryRun || journal) && isWorthALine(event))
  // who reads it may have gone away: that is no reason to end a backup
  process.stdout.on('error', () => {})
  const show = (event: RunEvent): void => {
    if (live || isSilent || !isShown(event)) return
    const prefix = journal ? `<${priorityOf(event)}>` : ''
    process.stdout.write(
      linesOf(event)
        .map(line => `${prefix}${line}\n`)
        .join(''),
    )
  }
  return { live, show }
}

/** Without `--verbose`: what became of each step, and what it had to say. */
function isWorthALine(event: RunEvent): boolean {
  if (event.kind === 'command') return !event.command.ran
  if (event.kind === 'end') return event.outcome.status !== 'skipped' || event.outcome.subject === undefined
  return event.kind === 'note' || event.kind === 'progress'
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
