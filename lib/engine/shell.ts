import type { Topic } from '../core/finding.ts'
import type { CommandRecord, NoteKind, Transferred } from '../core/outcome.ts'
import { Secret } from '../core/secret.ts'
import type { SiteReport } from '../core/site-report.ts'
import { beginProcess, type Running, watchWhile } from './background.ts'
import { lineOf, type Word, wordsOf } from './command.ts'
import { type CommandOptions, type Ended, runProcess } from './process.ts'
import { askSession, beginSession } from './session.ts'

/** Changes something, by a command or in this process, with words that describe it, which a dry run prints instead. */
export interface Act {
  (description: string, change: () => Promise<void> | void): Promise<void>
  // the last one: of what fits neither, the compiler says why it does not fit this
  (pieces: TemplateStringsArray, ...values: readonly Word[]): Promise<void>
}

/** Reads something and returns what `parse` made of its standard output. A dry run does it too. */
export type Ask = <Answer>(
  parse: (output: string) => Answer,
) => (pieces: TemplateStringsArray, ...values: readonly Word[]) => Promise<Answer>

/** All that a step may do to the world. */
export interface Shell extends Reporter {
  readonly act: Act
  readonly ask: Ask
  /** Reads something in another way than by a command, with the words that describe it. A dry run does it too. */
  readonly look: <Answer>(description: string, work: () => Promise<Answer>) => Promise<Answer>
  /** Starts a program that answers before it is asked; see {@link beginSession}. A dry run does it too. */
  readonly prepare: (pieces: TemplateStringsArray, ...values: readonly Word[]) => void
  /** Starts a command that stays while a hold is up; see {@link beginProcess}. A dry run does it too. */
  readonly begin: (pieces: TemplateStringsArray, ...values: readonly Word[]) => Promise<Running>
  /** The same shell, its commands run in another way. */
  readonly with: (options: CommandOptions) => Shell
  /** The same shell for what takes moments unless a disk or server is dead: with the deadline of a look. */
  readonly quick: Shell
  /** Runs a command beside work that lasts, for its lines; see {@link watchWhile}. A dry run does without it. */
  readonly watch: <Answer>(words: readonly Word[], onLine: (line: string) => void, work: () => Promise<Answer>) => Promise<Answer>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Seconds that a look may take which is made in another way than by a command. */
  readonly patience: number
  /** Aborted when the run is to end early; work done in this process looks at it between two pieces. */
  readonly stop: AbortSignal
}

/** What a step says besides its commands. */
interface Reporter {
  /** Tells the report something. */
  readonly note: (kind: NoteKind, text: string, about?: Topic) => void
  /** Tells the report what is known of a site, as data. */
  readonly report: (report: SiteReport) => void
  /**
   * Counts bytes that were read from the archive or written to it. Who moves them counts them: by the sizes of the
   * files that a program had to read, and of those that are new after it has written.
   */
  readonly transferred: (bytes: Partial<Transferred>) => void
  /** Tells the person who waits how far it is. Nothing keeps it. */
  readonly progress: (text: string) => void
  /** Keeps a secret out of everything that the run writes from now on. */
  readonly hide: (secret: Secret) => void
}

/** Hears all that a shell does. */
export interface Listener extends Reporter {
  readonly command: (record: CommandRecord) => void
  readonly line: (text: string) => void
}

/** Seconds after which commands are ended: a look as a whole; others without a deadline when they do nothing. */
export interface CommandDeadlines {
  readonly look: number
  readonly idle: number
}

export interface ShellWorld {
  readonly listener: Listener
  readonly stop: AbortSignal
  readonly now: () => number
  /** Whether acts are described and not done. */
  readonly dry: boolean
  readonly deadlines: CommandDeadlines
}

/** Makes the shell that a step is given. */
export function shellOf(world: ShellWorld, options: CommandOptions = {}): Shell {
  /** The words of a command as people know them. */
  const shown = (words: readonly string[]): string[] =>
    words.map(word => (options.opened ?? []).reduce((text, { path, name }) => text.replaceAll(path, name), word))
  const recorded = async <Result extends object>(words: readonly string[], work: () => Promise<Result>): Promise<Result> => {
    const startedAt = world.now()
    const record = (exitCode: number | undefined): void =>
      world.listener.command({ line: lineOf(shown(words)), ran: true, seconds: (world.now() - startedAt) / 1000, exitCode })
    try {
      const result = await work()
      record('exitCode' in result ? (result.exitCode as Ended['exitCode']) : 0)
      return result
    } catch (error) {
      record((error as { exitCode?: number }).exitCode)
      throw error
    }
  }
  const hasDeadline = options.timeout !== undefined || options.idleTimeout !== undefined
  const limits = hasDeadline ? {} : { idleTimeout: world.deadlines.idle }
  const onLine = options.onLine ?? world.listener.line
  const perform = (words: readonly string[]): Promise<Ended> =>
    recorded(words, () => (options.endOfAnswer ? askSession : runProcess)(words, { ...options, ...limits, onLine }, world.stop))
  const look = async <Answer>(description: string, work: () => Promise<Answer>): Promise<Answer> => {
    if (world.stop.aborted) throw world.stop.reason
    const startedAt = world.now()
    const answer = await work()
    world.listener.command({ line: `# ${description}`, ran: true, seconds: (world.now() - startedAt) / 1000, exitCode: 0 })
    return answer
  }
  const describe = (line: string): void => world.listener.command({ line, ran: false, seconds: 0, exitCode: undefined })

  const act = async (first: TemplateStringsArray | string, ...rest: readonly unknown[]): Promise<void> => {
    if (typeof first === 'string') {
      if (world.dry) return describe(`# ${first}`)
      return await look(first, async () => await (rest[0] as () => Promise<void> | void)())
    }
    const words = wordsOf(first, rest as Word[])
    if (world.dry) return describe(lineOf(shown(words)))
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
    look,
    prepare: (pieces, ...values) => {
      if (!world.stop.aborted) beginSession(wordsOf(pieces, values), options)
    },
    begin: (pieces, ...values) => {
      const words = wordsOf(pieces, values)
      return recorded(words, () => beginProcess(words, options, world.stop))
    },
    with: more => shellOf(world, { ...options, ...more, env: { ...options.env, ...more.env } }),
    get quick() {
      return shellOf(world, { ...options, timeout: world.deadlines.look })
    },
    note: world.listener.note,
    report: world.listener.report,
    transferred: ({ read = 0, written = 0 }) => world.listener.transferred({ read, written: world.dry ? 0 : written }),
    progress: world.listener.progress,
    watch: (words, onLine, work) => (world.dry ? work() : watchWhile(words, onLine, work, world.stop)),
    hide: world.listener.hide,
    now: world.now,
    patience: options.timeout ?? world.deadlines.look,
    stop: world.stop,
  }
}
