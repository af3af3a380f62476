import type { RunEvent } from '../core/outcome.ts'
import { linesOf } from '../report/lines.ts'
import type { CommonOptions } from './command-line.ts'
import { isJournal, priorityOf, withPriority } from './journal.ts'

/** The options that say how much is shown. */
type Shows = Pick<CommonOptions, 'json' | 'verbose' | 'quiet' | 'dryRun'>

/** What a run shows of itself on standard output while it works. */
export interface Screen {
  /** A terminal with a person in front of it: the tree draws itself. */
  readonly live: boolean
  readonly show: (event: RunEvent) => void
}

/**
 * The screen for these options: a live tree on a terminal; else nothing but what a person at it has to read, or for
 * `--verbose` and a dry run all that happens, marked for journald under systemd. What the run came to is printed in its
 * end. Nothing for `--json`.
 */
export function screenFor(options: Shows, interactive: boolean): Screen {
  const live = !interactive && process.stdout.isTTY && !options.json && !options.verbose && !options.quiet
  const journal = isJournal()
  // who reads it may have gone away: that is no reason to end a backup
  process.stdout.on('error', () => {})
  const show = (event: RunEvent): void => {
    if (
      live ||
      options.json ||
      options.quiet ||
      !(options.verbose || ((interactive || options.dryRun || journal) && isWorthALine(event)))
    )
      return
    const lines = linesOf(event).map(line => (journal ? withPriority(priorityOf(event), line) : line))
    process.stdout.write(lines.map(line => `${line}\n`).join(''))
  }
  return { live, show }
}

/** Without `--verbose` that is what became of each step, and what it had to say. */
function isWorthALine(event: RunEvent): boolean {
  if (event.kind === 'command') return !event.command.ran
  if (event.kind === 'end') return event.outcome.status !== 'skipped' || event.outcome.subject === undefined
  return event.kind === 'note' || event.kind === 'progress'
}
