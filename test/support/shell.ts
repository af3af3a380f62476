import { type Listener, type Shell, shellOf } from '../../lib/engine/shell.ts'

/** What a shell told. */
export interface Heard {
  readonly shell: Shell
  /** `kind: text`. */
  readonly notes: string[]
  /** Secrets that nobody may see. */
  readonly hidden: Set<string>
}

/** A shell outside of a run. */
export function hearingShell(
  options: { dry?: boolean; look?: number; command?: Listener['command']; stop?: AbortSignal } = {},
): Heard {
  const notes: string[] = []
  const hidden = new Set<string>()
  const nothing = (): void => {}
  const listener = {
    ...{ line: nothing, report: nothing, transferred: nothing, progress: nothing },
    command: options.command ?? nothing,
    note: (kind: string, text: string) => void notes.push(`${kind}: ${text}`),
    hide: (secret: { reveal: () => string }) => void hidden.add(secret.reveal()),
  }
  const shell = shellOf({
    listener,
    stop: options.stop ?? new AbortController().signal,
    now: Date.now,
    deadlines: { look: options.look ?? 60, idle: 600 },
    dry: options.dry ?? false,
  })
  return { shell, notes, hidden }
}
