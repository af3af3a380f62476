import type { Topic } from './finding.ts'
import type { SiteReport } from './site-report.ts'

/** `info` is logged, `significant` mailed too (S35), `warning` shown; a `problem` fails the run. */
export type NoteKind = 'info' | 'significant' | 'warning' | 'problem'

export interface Note {
  readonly kind: NoteKind
  readonly text: string
  readonly about?: Topic | undefined
}

/** One command as it was, or in a dry run would have been, given to the system. Never holds a secret. */
export interface CommandRecord {
  readonly line: string
  /** False in a dry run for what would have changed something. */
  readonly ran: boolean
  readonly seconds: number
  /** Undefined when it was ended by a signal, timed out or did not run. */
  readonly exitCode: number | undefined
}

/** Bytes that were read from the archive and written to it; how they are counted: Shell.transferred. */
export interface Transferred {
  readonly read: number
  readonly written: number
}

export const sumTransferred = (parts: readonly (Transferred | undefined)[]): Transferred | undefined =>
  parts.reduce(
    (sum, part) => (part && sum ? { read: sum.read + part.read, written: sum.written + part.written } : (sum ?? part)),
    undefined,
  )

/** `done`, `skipped` for a reason, `failed`, or `stopped`: cut short, or never begun, by a signal. */
export type Status = 'done' | 'failed' | 'skipped' | 'stopped'

/** What became of one step for one subject. Log, mail, pages, `--json` and exit code are made from a list of these. */
export interface Outcome {
  /** The step's stable name, such as `backup`. */
  readonly step: string
  readonly title: string
  /** `do` for a step, `up` and `down` for the halves of a hold. */
  readonly phase: 'do' | 'up' | 'down'
  /** The item of an `each` that it was done for: a site's name; undefined for the run as a whole. */
  readonly subject: string | undefined
  readonly status: Status
  /** Why it was skipped or failed: one sentence for a person. */
  readonly reason: string | undefined
  readonly exitCode: number | undefined
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  readonly seconds: number
  readonly notes: readonly Note[]
  readonly commands: readonly CommandRecord[]
  readonly output: readonly string[]
  /** What the step reported of sites. */
  readonly reports?: readonly SiteReport[]
  /** Absent where nothing is known of it: at a URL, or since the step has to do with no archive. */
  readonly transferred?: Transferred
}

/** A title that says which half of a hold it is of. */
export const shownTitle = ({ phase, title }: Pick<Outcome, 'phase' | 'title'>): string =>
  phase === 'down' ? `Release: ${title}` : title

/** Exit codes, the same for all tasks. Stops by a signal are 128 + its number: 129 SIGHUP, 130 SIGINT, 143 SIGTERM. */
export const EXIT = { well: 0, failed: 1, badInput: 2, locked: 75 } as const

/** Whether an outcome is one that the run must not be called well for. */
export const isTrouble = (outcome: Outcome): boolean =>
  outcome.status === 'failed' || outcome.notes.some(note => note.kind === 'problem')

/** What happens in a run as it happens, for the log and the terminal. */
export type RunEvent = { readonly at: number; readonly subject: string | undefined } & (
  | { readonly kind: 'begin'; readonly title: string; readonly phase: Outcome['phase'] }
  | { readonly kind: 'command'; readonly command: CommandRecord }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'note'; readonly note: Note }
  /** How far a long step is; the last one counts, and none of them is kept. */
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'end'; readonly outcome: Outcome }
  | { readonly kind: 'over' }
)
