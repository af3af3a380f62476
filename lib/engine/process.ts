import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { $, type ProcessOutput } from 'zx/core'
import type { Secret } from '../core/secret.ts'
import { shellWord } from '../core/task-command.ts'
import { unsandboxed } from './command.ts'
import { GRACE, LEAVE_BEHIND } from './end-by-input.ts'
import { environment } from './environment.ts'
import { CommandFailed, type Ended } from './failure.ts'
import { letBegin, SHELL, waitAt } from './guard.ts'
import { signalGroup } from './kernel.ts'
import { type CommandLimits, type Running, reasonOf, type WhyEnded, whyToEnd } from './limits.ts'

export { GRACE, LEAVE_BEHIND } from './end-by-input.ts'
export { environment, searchPath } from './environment.ts'
export { CommandFailed, type Ended, lastLines, PrintedTooMuch, TimedOut } from './failure.ts'
export { signalGroup } from './kernel.ts'

/** How a command is to be run. */
export interface CommandOptions extends CommandLimits {
  readonly cwd?: string
  /** Added to the small environment of every command. Secrets go here, in `input`, or in a file of mode 600. */
  readonly env?: Readonly<Record<string, string | Secret>>
  /** Text for its standard input. */
  readonly input?: string | Secret
  /** A file as its standard input or output; opened when the command really runs, closed after it. */
  readonly stdin?: () => Promise<FileHandle>
  readonly stdout?: () => Promise<FileHandle>
  /**
   * Takes its standard output as it comes, faster than which it cannot print; nothing holds it. Its failure is the
   * command's.
   */
  readonly takeOutput?: (output: Readable) => Promise<void>
  /** Open descriptors that it gets as 3, 4 and so on. */
  readonly inherit?: readonly number[]
  /** Opened folders, which stand in its words as paths that mean nothing to people: they are told by their names. */
  readonly opened?: readonly { readonly path: string; readonly name: string }[]
  /** Seconds between asking it to end and killing it, when it must end early. */
  readonly grace?: () => number
  /** Exit codes that are no failure, besides 0. */
  readonly allow?: readonly number[]
  /** Turns a failure into a better error. */
  readonly explain?: (failure: CommandFailed) => Error | undefined
  /** Each line that it prints, as it comes. */
  readonly onLine?: (line: string) => void
  /**
   * For a program that answers each input as it comes: the input that makes it print this line. It is kept for a while
   * after its answer, for the next one of the same words (session.ts).
   */
  readonly endOfAnswer?: (line: string) => string
}

const wait = (seconds: number): Promise<undefined> =>
  new Promise(resolve => setTimeout(() => resolve(undefined), seconds * 1000).unref())

/**
 * Runs one command in a process group of its own and waits until it has ended. A stop or a time limit ends the whole
 * group, and so does the death of this process.
 * @throws {CommandFailed} when it ended with another exit code than 0 or an allowed one, or by a signal
 * @throws {TimedOut} when it did not end in its time
 * @throws {PrintedTooMuch} when it printed more than it may
 * @throws {Stopped} when `stop` was aborted
 */
export async function runProcess(words: readonly string[], options: CommandOptions, stop: AbortSignal): Promise<Ended> {
  if (stop.aborted) throw stop.reason
  await using files = new AsyncDisposableStack()
  const open = async (opener: (() => Promise<FileHandle>) | undefined): Promise<number | undefined> =>
    opener && files.use(await opener()).fd
  const stdin = await open(options.stdin)
  const stdout = await open(options.stdout)
  if (stop.aborted) throw stop.reason // while the files were opened: nobody would hear of it later
  const program = unsandboxed(words)[0] ?? ''
  const input = typeof options.input === 'object' ? options.input.reveal() : options.input // zx never ends an empty one
  const gate = 3 + (options.inherit?.length ?? 0)
  const { takeOutput } = options
  const taken = gate + 1
  // zx makes text of each piece by itself, and the pipe cuts characters in two
  const store = { stdout: [] as Buffer[], stderr: [] as Buffer[], stdall: [] }
  const run = $({
    store,
    shell: SHELL,
    quote: shellWord,
    prefix: `${waitAt(gate)}; ${takeOutput ? `exec >&${taken} ${taken}>&-; ` : ''}exec `,
    quiet: true,
    nothrow: true,
    detached: true,
    env: environment(options.env),
    stdio: [
      input ? 'pipe' : (stdin ?? 'ignore'),
      stdout ?? 'pipe',
      'pipe',
      ...(options.inherit ?? []),
      'pipe',
      ...(takeOutput ? (['pipe'] as const) : []),
    ],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(input ? { input } : {}),
  })`${words}`
  letBegin(run.child, gate)
  const output = takeOutput?.(run.child?.stdio[taken] as Readable)
  output?.catch(() => {}) // it is reported once the command has ended, which it does when nobody takes what it prints
  if (options.onLine) for (const stream of [run.stdout, run.stderr]) if (stream) noteLines(stream, options.onLine)
  // a command may end without reading what it is given (a hook that does not care): how it ended is all that counts
  if (input) run.stdin.on('error', () => {})
  return await awaitEnd(
    {
      program,
      pid: run.pid,
      streams: [run.stdout, run.stderr],
      ended: run.then(async done => {
        await output
        return endOf(done, store)
      }),
    },
    options,
    stop,
  )
}

const endOf = ({ exitCode, signal }: ProcessOutput, printed: Readonly<Record<'stdout' | 'stderr', Buffer[]>>): Ended => ({
  exitCode: exitCode ?? undefined,
  signal: signal ?? undefined,
  stdout: Buffer.concat(printed.stdout).toString(),
  stderr: Buffer.concat(printed.stderr).toString(),
})

/** A command that runs, and how it will have ended. */
export type Started = Pick<Running, 'program' | 'pid' | 'streams'> & { readonly ended: Promise<Ended> }

/** Waits until a command has ended, or ends it. @throws as {@link runProcess} */
export async function awaitEnd(started: Started, options: CommandOptions, stop: AbortSignal): Promise<Ended> {
  const over = new AbortController()
  try {
    const ended = await Promise.race([started.ended, whyToEnd({ ...started, limits: options, stop, over: over.signal })])
    if (typeof ended === 'function') throw await cutShort(started, options, ended)
    if (stop.aborted) throw await cutShort(started, options, () => reasonOf(stop))
    if (ended.exitCode === 0 || options.allow?.includes(ended.exitCode ?? -1)) return ended
    const how = ended.exitCode === undefined ? `was ended by ${ended.signal}` : `ended with exit code ${ended.exitCode}`
    throw explained(new CommandFailed(started.program, how, ended), options)
  } finally {
    over.abort()
  }
}

const UNKNOWN: Ended = { exitCode: undefined, stdout: '', stderr: '' }

/** Ends a command and all of its group, and gives the error that says why. */
async function cutShort({ pid, ended }: Started, options: CommandOptions, why: WhyEnded): Promise<Error> {
  signalGroup(pid, 'SIGTERM')
  const inTime = await Promise.race([ended, wait(options.grace?.() ?? GRACE)])
  signalGroup(pid, 'SIGKILL')
  return explained(why(inTime ?? (await Promise.race([ended, wait(LEAVE_BEHIND)])) ?? UNKNOWN), options)
}

const explained = (error: Error, { explain }: CommandOptions): Error =>
  (error instanceof CommandFailed ? explain?.(error) : undefined) ?? error

/** Characters of a line after which it is passed on, though it has not ended. */
const LONGEST_LINE = 100_000

/** Tells each line of a stream as it is whole, and at its end what is left. */
function noteLines(stream: Readable, take: (line: string) => void): void {
  const decoder = new StringDecoder('utf8') // a character may be cut in two by the pipe
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n|\r/)
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
    if (rest.length < LONGEST_LINE) return
    take(rest)
    rest = ''
  })
  stream.on('end', () => {
    rest += decoder.end()
    if (rest !== '') take(rest)
  })
}
