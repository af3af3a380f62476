import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { endWithoutWaiting } from './background.ts'
import { unsandboxed } from './command.ts'
import { endByInput } from './end-by-input.ts'
import { letBegin, SHELL, waitAt } from './guard.ts'
import { reasonOf } from './limits.ts'
import { awaitEnd, type CommandOptions, type Ended, environment, signalGroup } from './process.ts'

/** A program that answers one input after the other. */
interface Session {
  /** What it was started with. */
  readonly key: string
  readonly child: ChildProcessWithoutNullStreams
  /** Ends it when nobody asks. */
  readonly timer: NodeJS.Timeout
}

/** Milliseconds for which nobody may ask: what it speaks to can be another one later. */
const KEPT = 3000

/** Bytes of an answer that wait for who takes it. */
const MOST_HELD = 1 << 20

/** Those that nobody asks at the moment. */
const idle = new Set<Session>()

/**
 * Asks a program that answers each input as it comes: the one that answered an earlier question of the same words and
 * environment, or a new one. Each question has its own limits. A program that fails, has to be ended, or prints what
 * `takeOutput` does not take, is not asked again: the next question begins anew.
 * @returns what it printed for this input
 * @throws as {@link runProcess}
 */
export async function askSession(words: readonly string[], options: CommandOptions, stop: AbortSignal): Promise<Ended> {
  if (stop.aborted) throw reasonOf(stop)
  const session = sessionOf(words, options)
  const { child } = session
  const streams = options.takeOutput ? [child.stderr] : [child.stdout, child.stderr]
  const end = randomBytes(16).toString('hex') // what is printed comes from strangers, who cannot know it
  const started = { program: unsandboxed(words)[0] ?? '', pid: child.pid, streams, ended: answerOf(child, `${end}\n`, options) }
  const input = typeof options.input === 'object' ? options.input.reveal() : options.input
  child.stdin.write(`${input}\n${options.endOfAnswer!(end)}\n`)
  const answer = await awaitEnd(started, options, stop)
  for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data')
  child.removeAllListeners('close')
  holdOpen(session, false)
  return answer
}

/** Starts a program that answers before it is asked: it begins while something else is done. */
export function beginSession(words: readonly string[], options: CommandOptions): void {
  holdOpen(sessionOf(words, options), false)
}

/** Ends those that nobody asks, by the end of their input, and waits for it. */
export async function endSessions(): Promise<void> {
  const sessions = [...idle]
  idle.clear()
  await Promise.all(sessions.map(({ child }) => endByInput(child)))
}

function sessionOf(words: readonly string[], options: CommandOptions): Session {
  const env = environment(options.env)
  const key = JSON.stringify([words, env])
  const kept = [...idle].find(({ key: other, child }) => other === key && child.exitCode === null && child.signalCode === null)
  if (kept) return holdOpen(kept, true)
  const begin = ['-c', `${waitAt(3)}; exec "$@"`, 'sh']
  const child = spawn(SHELL, [...begin, ...words], { detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], env })
  letBegin(child, 3)
  for (const source of [child, child.stdin]) source.on('error', () => {}) // how it ended says more
  const endIdle = (): void => {
    if (idle.delete(session)) endWithoutWaiting(child)
  }
  const session: Session = { key, child, timer: setTimeout(endIdle, KEPT).unref() }
  return session
}

/** A program that nobody asks does not keep this process from its end. */
function holdOpen(session: Session, isAsked: boolean): Session {
  const { child, timer } = session
  for (const handle of [child, child.stdin, child.stdout, child.stderr] as (typeof child | Socket)[])
    isAsked ? handle.ref() : handle.unref()
  isAsked ? idle.delete(session) : idle.add(session)
  timer.refresh()
  return session
}

/** What a program prints until it prints this line; or how it ended before. */
function answerOf(child: ChildProcessWithoutNullStreams, end: string, { takeOutput }: CommandOptions): Promise<Ended> {
  const [printed, errors]: [Buffer[], Buffer[]] = [[], []]
  const output = new PassThrough({ highWaterMark: MOST_HELD })
  const taken = takeOutput?.(output)
  const take = (bytes: Buffer): void => {
    if (!taken) printed.push(bytes)
    else if (!output.write(bytes)) {
      child.stdout.pause()
      output.once('drain', () => child.stdout.resume())
    }
  }
  return new Promise((resolve, reject) => {
    let last: Buffer = Buffer.alloc(0)
    const giveUp = (error: unknown): void => {
      signalGroup(child.pid, 'SIGKILL')
      reject(error)
    }
    taken?.catch(giveUp)
    const over = (how: Pick<Ended, 'exitCode' | 'signal'>): void => {
      output.end()
      const ended = Promise.resolve(taken).then(() => {
        const [stdout, stderr] = [printed, errors].map(chunks => Buffer.concat(chunks).toString())
        resolve({ ...how, stdout: stdout!, stderr: stderr! })
      })
      ended.catch(giveUp)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      const isShort = chunk.length < end.length
      if (!isShort) take(last)
      const bytes = isShort ? Buffer.concat([last, chunk]) : chunk
      const cut = Math.max(0, bytes.length - end.length)
      last = bytes.subarray(cut)
      take(bytes.subarray(0, cut))
      if (last.toString('latin1') === end) over({ exitCode: 0 })
    })
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    child.on('close', (code, signal) => {
      if (output.writableEnded) return // it has answered before
      take(last)
      over({ exitCode: code ?? undefined, signal: signal ?? undefined })
    })
  })
}
