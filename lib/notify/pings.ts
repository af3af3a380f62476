import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/wording.ts'
import type { Host, PingSettings } from '../inventory/schema.ts'
import { type Secrets, secretOf } from '../inventory/secrets.ts'

/** Seconds before the second try; twice as many before each further one. */
const PAUSE = 1
/** Seconds that the start ping still gets when the work is done already. */
const GRACE = 2
const UNANSWERED = 'the start ping was not answered while the run lasted'
/** Characters of a body: what receivers keep. */
const LONGEST = 10_000

/** What a ping says, and where it is sent below the URL. */
const PATH = { start: '/start', success: '', fail: '/fail' } as const
type PingKind = keyof typeof PATH

/** Pings a healthchecks-style URL (S39). The first ping is sent beside the work, which never waits for it. */
export class Pings {
  readonly #url: string
  readonly #settings: PingSettings
  readonly #begun = new AbortController()
  #starting: Promise<string | undefined> = Promise.resolve(undefined)

  constructor(url: string, settings: PingSettings) {
    this.#url = url
    this.#settings = settings
  }

  /** Begins to send the start ping. */
  start(body: string): void {
    this.#starting = this.#send('start', body, this.#begun.signal)
  }

  /** Ends the start ping, at once when the run is stopped; gives why it did not get through, if it did not. */
  async begun(stop: AbortSignal): Promise<string | undefined> {
    const late = new AbortController()
    const unanswered = sleep(GRACE * 1000, undefined, { signal: AbortSignal.any([stop, late.signal]) })
    const problem = await Promise.race([this.#starting, unanswered.catch(() => {}).then(() => UNANSWERED)])
    late.abort()
    this.#begun.abort()
    return problem
  }

  /** Pings how the run ended. Gives why that did not get through, if it did not. */
  end(kind: 'success' | 'fail', body: string, stop: AbortSignal): Promise<string | undefined> {
    return this.#send(kind, body, stop)
  }

  async #send(kind: PingKind, body: string, stop: AbortSignal): Promise<string | undefined> {
    let problem: string | undefined
    for (let tried = 0; tried < this.#settings.tries; tried++) {
      if (tried > 0) await sleep(PAUSE * 1000 * 2 ** (tried - 1), undefined, { signal: stop }).catch(() => {})
      if (stop.aborted) return problem ?? 'cut short'
      const answer = await this.#tryOnce(kind, body, stop)
      if (answer === undefined) return undefined
      problem = `the ${kind} ping did not get through: ${answer.problem}`
      if (!answer.again) return problem
    }
    return problem
  }

  async #tryOnce(kind: PingKind, body: string, stop: AbortSignal): Promise<{ problem: string; again: boolean } | undefined> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(this.#settings.timeout * 1000)])
    try {
      const answer = await fetch(urlOf(this.#url, kind), { method: 'POST', body: body.slice(0, LONGEST), signal })
      await answer.body?.cancel()
      if (answer.ok) return undefined
      return { problem: `HTTP status ${answer.status}`, again: answer.status >= 500 || answer.status === 429 }
    } catch (error) {
      const cause = (error as { cause?: unknown }).cause
      return { problem: messageOf(cause === undefined ? error : cause) || 'no connection', again: true }
    }
  }
}

function urlOf(base: string, kind: PingKind): URL {
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}${PATH[kind]}`
  return url
}

/** The pings of a task, where the inventory wants any. A dry run sends none. */
export function pingsFor(host: Pick<Host, 'pings'>, secrets: Secrets, task: string, dryRun: boolean): Pings | undefined {
  const { pings } = host
  if (!pings || dryRun || !pings.tasks.includes(task)) return undefined
  return new Pings(pings.url ?? secretOf(secrets, pings.secret!).reveal(), pings)
}
