import { formatAge } from '../core/age.ts'
import { LONGEST_TIMER } from './limits.ts'
import { GRACE, LEAVE_BEHIND } from './process.ts'
import { Stopped } from './stop.ts'

/** Seconds after a stop within which a run has ended, whatever it waited for. */
const ENDS_WITHIN = 10
/** Seconds of these in which what is held goes down; the others are for telling the world. */
const RELEASES_WITHIN = 8.5
/** Seconds that each piece of work gets, however little is left. */
const LEAST = 0.3

/** Seconds for a release, or one kind of report, after a stop: a part of what is left, so that others get some too. */
export function shareAfter(stop: AbortSignal, what: 'release' | 'report'): number {
  const since = stop.reason instanceof Stopped ? (performance.now() - stop.reason.at) / 1000 : 0
  return Math.max(LEAST, what === 'release' ? (RELEASES_WITHIN - since) / 2 : (ENDS_WITHIN - since) / 3)
}

/** Why work was cut off that goes on after a stop: it took too long. */
export class NoTimeLeft extends Error {
  constructor() {
    super('the run was stopped, and this took too long')
  }
}

/** Aborted so many seconds after another signal was, which may be already; never when it is disposed of before. */
export function delayed(stop: AbortSignal, seconds: () => number): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer = setTimeout(() => controller.abort(new NoTimeLeft()), seconds() * 1000)
  }
  const forget = onceAborted(stop, begin)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      forget()
    },
  }
}

/** Does something once a signal is aborted, at once where it is. Gives what takes that back. */
function onceAborted(signal: AbortSignal, work: () => void): () => void {
  if (signal.aborted) work()
  else signal.addEventListener('abort', work, { once: true })
  return () => signal.removeEventListener('abort', work)
}

/** Until when something must be done. */
export interface Deadline {
  readonly seconds: number
  /** What a person changes who wants another: `deadlines.site in the inventory`. */
  readonly setting: string
}

/** Why work was ended that did not come to its end in time. */
class DeadlinePassed extends Error {
  constructor({ seconds, setting }: Deadline) {
    super(`it was not done within ${formatAge(seconds * 1000)} (${setting})`)
  }
}

/** Aborted when a deadline has passed that begins now. It keeps no process from ending. */
export function startDeadline(deadline: Deadline): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new DeadlinePassed(deadline)), Math.min(deadline.seconds * 1000, LONGEST_TIMER)).unref()
  return controller.signal
}

/** Waits for work, after an abort only for its commands' end. @throws the signal's reason when it was left behind */
export async function patiently<Result>(work: Promise<Result>, signal: AbortSignal, grace = () => GRACE): Promise<Result> {
  const left = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const begin = (): void => {
    timer = setTimeout(() => left.reject(signal.reason), (grace() + LEAVE_BEHIND + LEAST) * 1000)
  }
  const forget = onceAborted(signal, begin)
  try {
    return await Promise.race([work, left.promise])
  } catch (error) {
    throw signal.aborted && (error as Error).name === 'AbortError' ? signal.reason : error
  } finally {
    clearTimeout(timer)
    forget()
  }
}
