import type { CommandRecord, NoteKind } from '../core/outcome.ts'
import { Secret } from '../core/secret.ts'
import { lineOf, type Word, wordsOf } from './command.ts'
import { type CommandOptions, type Ended, runProcess } from './process.ts'

/**
 * Changes something and returns nothing: a command by template, or a change made in this process with the words that describe it.
 * A dry run prints it and does not do it.
 */
export interface Act {
  (pieces: TemplateStringsArray, ...values: readonly Word[]): Promise<void>
  (description: string, change: () => Promise<void> | void): Promise<void>
}

/** Reads something and returns what `parse` made of its standard output. A dry run does it too. */
export type Ask = <Answer>(
  parse: (output: string) => Answer,
) => (pieces: TemplateStringsArray, ...values: readonly Word[]) => Promise<Answer>

/** All that a step may do to the world. */
export interface Shell {
  readonly act: Act
  readonly ask: Ask
  /** The same shell, its commands run in another way. */
  readonly with: (options: CommandOptions) => Shell
  /** Tells the report something. */
  readonly note: (kind: NoteKind, text: string) => void
  /** Keeps a secret out of everything that the run writes from now on. */
  readonly hide: (secret: Secret) => void
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Aborted when the run is to end early; work done in this process looks at it between two pieces. */
  readonly stop: AbortSignal
}

/** What a shell tells as it works. */
export interface Listener {
  readonly command: (record: CommandRecord) => void
  readonly line: (text: string) => void
  readonly note: (kind: NoteKind, text: string) => void
  readonly hide: (secret: Secret) => void
}

export interface ShellWorld {
  readonly listener: Listener
  readonly stop: AbortSignal
  readonly now: () => number
  /** Whether acts are described and not done. */
  readonly dry: boolean
}

/** Makes the shell that a step is given. */
export function shellOf(world: ShellWorld, options: CommandOptions = {}): Shell {
  const perform = async (words: readonly string[]): Promise<Ended> => {
    const startedAt = world.now()
    const record = (exitCode: number | undefined): void =>
      world.listener.command({ line: lineOf(words), ran: true, seconds: (world.now() - startedAt) / 1000, exitCode })
    try {
      const ended = await runProcess(words, { ...options, onLine: options.onLine ?? world.listener.line }, world.stop)
      record(ended.exitCode)
      return ended
    } catch (error) {
      record((error as { exitCode?: number }).exitCode)
      throw error
    }
  }
  const describe = (line: string): void => world.listener.command({ line, ran: false, seconds: 0, exitCode: undefined })

  const act = async (first: TemplateStringsArray | string, ...rest: readonly unknown[]): Promise<void> => {
    if (typeof first === 'string') {
      if (world.dry) return describe(`# ${first}`)
      if (world.stop.aborted) throw world.stop.reason
      const startedAt = world.now()
      await (rest[0] as () => Promise<void> | void)()
      return world.listener.command({ line: `# ${first}`, ran: true, seconds: (world.now() - startedAt) / 1000, exitCode: 0 })
    }
    const words = wordsOf(first, rest as Word[])
    if (world.dry) return describe(lineOf(words))
    await perform(words)
  }
  for (const secret of [...Object.values(options.env ?? {}), options.input])
    if (secret instanceof Secret) world.listener.hide(secret)

  return {
    act: act as Act,
    ask:
      parse =>
      async (pieces, ...values) =>
        parse((await perform(wordsOf(pieces, values))).stdout),
    with: more => shellOf(world, { ...options, ...more, env: { ...options.env, ...more.env } }),
    note: world.listener.note,
    hide: world.listener.hide,
    now: world.now,
    stop: world.stop,
  }
}
