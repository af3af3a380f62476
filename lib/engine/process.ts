import type { FileHandle } from 'node:fs/promises'
import { delimiter } from 'node:path'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { $ } from 'zx/core'
import type { Secret } from '../core/secret.ts'
import { unsandboxed } from './command.ts'
import { searchPath } from './search-path.ts'
import { Stopped } from './stop.ts'

/** How a command is to be run. */
export interface CommandOptions {
  readonly cwd?: string
  /** Added to the small environment that every command gets. Secrets belong here, in `input`, or in a file of mode 600. */
  readonly env?: Readonly<Record<string, string | Secret>>
  /** Text for its standard input. */
  readonly input?: string | Secret
  /** A file as its standard input or output; opened when the command really runs, closed after it. */
  readonly stdin?: () => Promise<FileHandle>
  readonly stdout?: () => Promise<FileHandle>
  /** Open descriptors that it gets as 3, 4 and so on. */
  readonly inherit?: readonly number[]
  /** Seconds after which it is killed, and left behind when even that does not end it: a hung mount ends for no signal. None by default. */
  readonly timeout?: number
  /** Bytes that it may print at most, on both outputs together, before it is ended; {@link MOST_OUTPUT} by default. */
  readonly maxOutput?: number
  /** Exit codes that are no failure, besides 0. */
  readonly allow?: readonly number[]
  /** Turns a failure into a better error. */
  readonly explain?: (failure: CommandFailed) => Error | undefined
  /** Each line that it prints, as it comes. */
  readonly onLine?: (line: string) => void
}

/** How a process ended. */
export interface Ended {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A command that ended otherwise than it should. The message holds the end of what it printed. */
export class CommandFailed extends Error {
  readonly program: string
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string

  constructor(program: string, how: string, ended: Ended) {
    const said = lastLines(ended.stderr, 3) || lastLines(ended.stdout, 3)
    super(`${program} ${how}${said === '' ? '' : `: ${said}`}`)
    this.program = program
    this.exitCode = ended.exitCode
    this.stdout = ended.stdout
    this.stderr = ended.stderr
  }
}

/** A command that printed more than it may. */
export class PrintedTooMuch extends CommandFailed {}

/** A command that did not end in its time. */
export class TimedOut extends CommandFailed {}

/** The last lines of a text that hold something, joined by ` / `. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n').map(line => line.trim())
  return lines
    .filter(line => line !== '')
    .slice(-count)
    .join(' / ')
}

/** Bytes that a command may print when nothing else is said: what it prints is held in memory. */
export const MOST_OUTPUT = 256 * 1024 * 1024

/** Seconds between asking a group of processes to end and killing it. */
const GRACE = 5
/** Seconds to wait for a killed process before it is left behind. */
const LEAVE_BEHIND = 2

/** What commands inherit of this process's environment: nothing that could hold a secret. */
const INHERITED =
  /^(HOME|USER|LOGNAME|LANG|TZ|TMPDIR|GNUPGHOME|XDG_RUNTIME_DIR|SSH_AUTH_SOCK|DBUS_.*|LD_PRELOAD|FAKETIME.*|NO_FAKE_STAT)$/

/**
 * The whole environment of a command: the small one that all get, and its own. A bash whose standard input is a socket, as Node's pipes are, takes itself
 * for one that was started over the network and reads ~/.bashrc, unless SHLVL says that it is not the first shell (bash(1), Invocation).
 */
export function environment(extra: CommandOptions['env'] = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C.UTF-8', SHLVL: '1', PATH: searchPath().join(delimiter) }
  for (const [name, value] of Object.entries(process.env)) if (INHERITED.test(name)) env[name] = value
  for (const [name, value] of Object.entries(extra)) env[name] = typeof value === 'string' ? value : value.reveal()
  return env
}

/** Signals a group of processes, if it still is. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // the group has ended
  }
}

const wait = (seconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, seconds * 1000).unref())

/**
 * Runs one command in a process group of its own and waits until it has ended. A stop or a time limit ends the whole group.
 * Should this process itself be killed, the kernel kills the command too (`setpriv --pdeathsig`): no orphan writes on into an archive.
 *
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
  const run = $({
    prefix: 'exec setpriv --pdeathsig KILL -- ',
    quiet: true,
    nothrow: true,
    detached: true,
    env: environment(options.env),
    stdio: [input ? 'pipe' : (stdin ?? 'ignore'), stdout ?? 'pipe', 'pipe', ...(options.inherit ?? [])],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(input ? { input } : {}),
  })`${words}`
  if (options.onLine) for (const stream of [run.stdout, run.stderr]) if (stream) tellLines(stream, options.onLine)
  // a command may end without reading what it is given (a hook that does not care): how it ended is all that counts
  if (input) run.stdin.on('error', () => {})
  const group = run.pid
  const most = options.maxOutput ?? MOST_OUTPUT
  const cut = new AbortController()
  let cutShortBy: Error | undefined
  const ending = async (why: Error): Promise<never> => {
    cutShortBy ??= why
    signalGroup(group, 'SIGTERM')
    await Promise.race([run, wait(GRACE)])
    signalGroup(group, 'SIGKILL')
    await Promise.race([run, wait(LEAVE_BEHIND)])
    throw why
  }
  try {
    const output = await Promise.race([
      run,
      aborted(stop, cut.signal).then(() => ending(stop.reason instanceof Error ? stop.reason : new Stopped('a signal'))),
      ...(options.timeout === undefined
        ? []
        : [elapsed(options.timeout, cut.signal).then(() => ending(tooLong(program, options.timeout!)))]),
      printed([run.stdout, run.stderr], most).then(() => ending(tooMuch(program, most))),
    ])
    if (cutShortBy) throw cutShortBy
    const ended = { exitCode: output.exitCode ?? undefined, stdout: output.stdout, stderr: output.stderr }
    if (stop.aborted) return await ending(stop.reason)
    if (ended.exitCode === 0 || options.allow?.includes(ended.exitCode ?? -1)) return ended
    const failure = new CommandFailed(
      program,
      output.exitCode === null ? `was ended by ${output.signal}` : `ended with exit code ${output.exitCode}`,
      ended,
    )
    throw options.explain?.(failure) ?? failure
  } finally {
    cut.abort()
  }
}

function tooLong(program: string, seconds: number): TimedOut {
  return new TimedOut(program, `did not end within ${seconds} s`, { exitCode: undefined, stdout: '', stderr: '' })
}

function tooMuch(program: string, bytes: number): PrintedTooMuch {
  return new PrintedTooMuch(program, `printed more than ${bytes} bytes`, { exitCode: undefined, stdout: '', stderr: '' })
}

/** Resolves when more than so many bytes have come on these streams; never when they end first. */
function printed(streams: readonly (Readable | null)[], most: number): Promise<void> {
  let bytes = 0
  return new Promise(resolve => {
    for (const stream of streams)
      stream?.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > most) resolve()
      })
  })
}

/** Tells each line of a stream as it is whole, and at its end what is left. */
function tellLines(stream: Readable, take: (line: string) => void): void {
  const decoder = new StringDecoder('utf8') // a character may be cut in two by the pipe
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split(/\r?\n|\r/)
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  stream.on('end', () => {
    rest += decoder.end()
    if (rest !== '') take(rest)
  })
}

/** Resolves when a signal is aborted; never when `cut` is first. */
function aborted(signal: AbortSignal, cut: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => resolve()
    signal.addEventListener('abort', done, { once: true })
    cut.addEventListener('abort', () => signal.removeEventListener('abort', done), { once: true })
  })
}

function elapsed(seconds: number, cut: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, seconds * 1000)
    cut.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}
