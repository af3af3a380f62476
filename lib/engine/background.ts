import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as elapse } from 'node:timers/promises'
import { type Word, wordsOf } from './command.ts'
import { endByInput } from './end-by-input.ts'
import { CommandFailed, type CommandOptions, environment, runProcess, TimedOut } from './process.ts'

/** A command that stays for as long as something is held. */
export interface Running {
  /** Closes its standard input, by which it ends, and waits until it has. One that does not is killed. */
  readonly end: () => Promise<void>
}

/** Seconds that a command may take to begin, when nothing else is said. */
const BEGINNING = 20

/**
 * Starts a command that stays until its standard input ends, and waits for the first line that it prints: what it holds
 * is held. It ends with this process, however that ends.
 * @throws {CommandFailed} when it ends before that line
 * @throws {TimedOut} when the line does not come in time
 * @throws {Stopped} when `stop` is aborted before it comes
 */
export async function beginProcess(words: readonly string[], options: CommandOptions, stop: AbortSignal): Promise<Running> {
  const [program = '', ...rest] = words
  const child = spawn(program, rest, { detached: true, stdio: 'pipe', env: environment(options.env) })
  child.stdin.on('error', () => {}) // it may have ended already
  const seconds = options.timeout ?? BEGINNING
  const giveUp = (): void => endWithoutWaiting(child)
  const timer = setTimeout(giveUp, seconds * 1000)
  stop.addEventListener('abort', giveUp, { once: true })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  try {
    await once(child, 'spawn')
    const began = once(createInterface(child.stdout), 'line').then(() => true)
    if (await Promise.race([began, once(child, 'close').then(() => false)])) return { end: () => endByInput(child) }
    stop.throwIfAborted()
    const ended = { exitCode: child.exitCode ?? undefined, stdout: '', stderr: said }
    if (child.exitCode === null) throw new TimedOut(program, `did not begin within ${seconds} s`, ended)
    throw new CommandFailed(program, `ended with exit code ${child.exitCode}`, ended)
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', giveUp)
  }
}

/** Ends it later, for nobody who waits: how it ended is of no use to anybody any more. */
export function endWithoutWaiting(child: ChildProcess): void {
  const ended = endByInput(child)
  ended.catch(() => {})
}

/** Seconds after which work is long enough to be watched: most of a night's is over by then. */
const WATCHED = 2

/** Runs a command beside work that lasts, for its lines; it ends with the work. That it fails means nothing. */
export async function watchWhile<Answer>(
  words: readonly Word[],
  onLine: (line: string) => void,
  work: () => Promise<Answer>,
  stop: AbortSignal,
): Promise<Answer> {
  const end = new AbortController()
  const signal = AbortSignal.any([stop, end.signal])
  const watching = elapse(WATCHED * 1000, undefined, { signal, ref: false })
    .then(() => runProcess(wordsOf(['', ''], [words]), { onLine }, signal))
    .catch(() => {})
  try {
    return await work()
  } finally {
    end.abort(new Error('no longer wanted'))
    await watching
  }
}
