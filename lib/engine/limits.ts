import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as elapse } from 'node:timers/promises'
import { type Ended, PrintedTooMuch, TimedOut } from './failure.ts'
import { activityOf } from './kernel.ts'
import { Stopped } from './stop.ts'

/** What a command may use before it is killed, and left behind when even that does not end it (a hung mount). */
export interface CommandLimits {
  /** Seconds for all that it does. None by default. */
  readonly timeout?: number
  /**
   * Seconds in which it may do nothing: print nothing, and neither it nor what it started use the processor, read or
   * write. Asked again at every look: what it said meanwhile may change it. None by default.
   */
  readonly idleTimeout?: number | (() => number)
  /** Bytes that it may print at most, on both outputs together; {@link MOST_OUTPUT} by default. */
  readonly maxOutput?: number
}

/** Bytes that a command may print when nothing else is said: what it prints is held in memory. */
const MOST_OUTPUT = 256 * 1024 * 1024

/** Seconds between two looks at what a command does: each reads a line of every process of the machine. */
const LOOK_EVERY = 2

/** The longest time that a timer can wait, in milliseconds: 24 days. A longer one would be over at once. */
export const LONGEST_TIMER = 2 ** 31 - 1

/** Makes the error that says why a command was ended, once it has. */
export type WhyEnded = (ended: Ended) => Error

/** A command that runs. */
export interface Running {
  readonly program: string
  readonly pid: number | undefined
  readonly streams: readonly (Readable | null)[]
  readonly limits: CommandLimits
  readonly stop: AbortSignal
  /** Aborted once it has ended. */
  readonly over: AbortSignal
}

/** Resolves when a running command is to be ended: the run was stopped, or a limit reached. Rejects when it is over. */
export function whyToEnd({ program, pid, streams, limits, stop, over }: Running): Promise<WhyEnded> {
  const { timeout, idleTimeout, maxOutput = MOST_OUTPUT } = limits
  const timedOut = (ended: Ended, how: string): Error => new TimedOut(program, how, { ...ended, exitCode: undefined })
  const nothing = { exitCode: undefined, stdout: '', stderr: '' }
  const reasons: Promise<WhyEnded>[] = [
    once(stop, 'abort', { signal: over }).then(() => () => reasonOf(stop)),
    printedMore(streams, maxOutput).then(
      () => () => new PrintedTooMuch(program, `printed more than ${maxOutput} bytes`, nothing),
    ),
  ]
  if (timeout !== undefined) {
    const elapsed = elapse(Math.min(timeout * 1000, LONGEST_TIMER), undefined, { signal: over })
    reasons.push(elapsed.then(() => ended => timedOut(ended, `did not end within ${timeout} s`)))
  }
  if (idleTimeout !== undefined && pid !== undefined) {
    const idle = idleFor(pid, streams, idleTimeout, over)
    reasons.push(idle.then(seconds => ended => timedOut(ended, `did nothing for ${seconds} s`)))
  }
  return Promise.race(reasons)
}

export const reasonOf = (stop: AbortSignal): Error => (stop.reason instanceof Error ? stop.reason : new Stopped('a signal'))

/** Resolves when a process has done nothing for as long as it may, and tells how long that is. */
function idleFor(
  pid: number,
  streams: readonly (Readable | null)[],
  idleTimeout: number | (() => number),
  over: AbortSignal,
): Promise<number> {
  const allowed = typeof idleTimeout === 'number' ? () => idleTimeout : idleTimeout
  return new Promise(resolve => {
    let before = ''
    let activeAt = performance.now()
    for (const stream of streams)
      stream?.on('data', () => {
        activeAt = performance.now()
      })
    const look = (): void => {
      const now = activityOf(pid)
      if (now !== before) activeAt = performance.now()
      before = now
      const seconds = allowed()
      if (performance.now() - activeAt < seconds * 1000) again(seconds)
      else resolve(seconds)
    }
    let timer: NodeJS.Timeout
    const again = (seconds: number): void => {
      timer = setTimeout(look, Math.min(LOOK_EVERY, seconds / 4) * 1000)
    }
    again(allowed())
    over.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

/** Resolves when more than so many bytes have come on these streams; never when they end first. */
function printedMore(streams: readonly (Readable | null)[], most: number): Promise<void> {
  let bytes = 0
  return new Promise(resolve => {
    for (const stream of streams)
      stream?.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > most) resolve()
      })
  })
}
