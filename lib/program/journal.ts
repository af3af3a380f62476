import { fstatSync } from 'node:fs'
import type { Outcome, RunEvent } from '../core/outcome.ts'

/** Priorities of syslog, as journald reads them at the beginning of a line (sd-daemon(3)). */
const PRIORITY = { error: 3, warning: 4, notice: 5, info: 6 } as const
type Priority = keyof typeof PRIORITY

/** Whether standard output goes to journald: systemd says by JOURNAL_STREAM which file that is (systemd.exec(5)). */
export function isJournal(stream = process.env.JOURNAL_STREAM, descriptor = 1): boolean {
  if (stream === undefined) return false
  const { dev, ino } = fstatSync(descriptor)
  return stream === `${dev}:${ino}`
}

/** A line with its priority in front, for journald. */
export const withPriority = (priority: Priority, line: string): string => `<${PRIORITY[priority]}>${line}`

/** How much an event matters, for journald. */
export function priorityOf(event: RunEvent): Priority {
  if (event.kind === 'end') return priorityOfEnd(event.outcome)
  if (event.kind !== 'note') return 'info'
  return ({ info: 'info', significant: 'notice', warning: 'warning', problem: 'error' } as const)[event.note.kind]
}

const priorityOfEnd = ({ status }: Outcome): Priority =>
  status === 'failed' ? 'error' : status === 'stopped' ? 'warning' : 'info'
