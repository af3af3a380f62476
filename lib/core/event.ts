import type { CommandRecord, Note, Outcome } from './outcome.ts'

/** What happens in a run as it happens, for the log and the terminal. */
export type RunEvent = { readonly at: number; readonly subject: string | undefined } & (
  | { readonly kind: 'begin'; readonly title: string; readonly phase: Outcome['phase'] }
  | { readonly kind: 'command'; readonly command: CommandRecord }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'note'; readonly note: Note }
  /** How far a long step is; the last one counts, and none of them is kept. */
  | { readonly kind: 'progress'; readonly text: string }
  | { readonly kind: 'end'; readonly outcome: Outcome }
)
