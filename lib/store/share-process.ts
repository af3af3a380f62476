import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { oneAtATime } from '../engine/at-once.ts'
import { endByInput } from '../engine/end-by-input.ts'
import { environment } from '../engine/environment.ts'
import { lastLines } from '../engine/failure.ts'
import { signalGroup } from '../engine/kernel.ts'
import type { ShareReply, ShareRequest } from './share-worker.ts'

const WORKER = join(import.meta.dirname, 'share-worker.ts')

/** MB that it may take: whoever can write to a share can fill a folder without end. */
const MEMORY = 512

/** A share that gave no answer in its time. */
export class ShareTimedOut extends Error {}

/** The process that this one asks, once it was needed. */
let current: ShareProcess | undefined

/** One request at a time: a second one would wait for a dead server like the first. */
const inTurn = oneAtATime()

/**
 * Asks the process that works on shares, begun when it is needed first. When a dead server hangs it, it is killed, or
 * left behind where not even that ends it, and the next request begins another. It dies with this process.
 * @param seconds until the share is given up
 * @throws {ShareTimedOut} then
 */
export function askShareProcess(request: ShareRequest, seconds: number, stop: AbortSignal): Promise<ShareReply> {
  return inTurn(async () => {
    stop.throwIfAborted()
    current ??= new ShareProcess()
    return await current.ask(request, seconds, stop)
  })
}

/** Begins the process before it is needed: it takes as long to start as what comes before the first look at a share. */
export function beginShareProcess(): void {
  current ??= new ShareProcess()
}

/** Ends the process, if there is one: nothing is left of a run, and nothing keeps its share. */
export async function endShareProcess(): Promise<void> {
  await current?.end()
}

/** Seconds that it may take to end by itself. */
const GRACE = 1

class ShareProcess {
  readonly #child: ChildProcess
  #said = ''

  constructor() {
    const words = ['--pdeathsig', 'KILL', '--', process.execPath, `--max-old-space-size=${MEMORY}`, WORKER]
    const cache = process.env.NODE_COMPILE_CACHE
    const env = environment(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache })
    // in a group of its own: Ctrl-C at the terminal is for the run, which then ends it in its order
    // large texts are sent as they are, which JSON would take ten times as long for
    const stdio = ['pipe', 'ignore', 'pipe', 'ipc'] as const
    this.#child = spawn('setpriv', words, { cwd: '/', detached: true, env, stdio: [...stdio], serialization: 'advanced' })
    for (const event of ['close', 'error']) this.#child.on(event, () => this.#leave())
    this.#child.stdin!.on('error', () => {}) // it has ended, which says more
    this.#child.stderr!.on('data', chunk => {
      this.#said = `${this.#said}${chunk}`.slice(-10_000)
    })
    // it is there for requests, and nobody waits for its end
    this.#child.unref()
    for (const stream of [...this.#child.stdio, this.#child.channel]) (stream as Socket | null)?.unref()
  }

  async ask(request: ShareRequest, seconds: number, stop: AbortSignal): Promise<ShareReply> {
    const done = new AbortController()
    const { signal } = done
    const timer = setTimeout(() => this.#giveUp(done, new ShareTimedOut(`did not answer within ${seconds} s`)), seconds * 1000)
    const stopped = (): void => this.#giveUp(done, stop.reason)
    stop.addEventListener('abort', stopped, { once: true })
    try {
      const ended = once(this.#child, 'close', { signal }).then(() => Promise.reject(this.#ending()))
      const replied = once(this.#child, 'message', { signal }).then(([reply]) => reply as ShareReply)
      this.#child.stdin!.write(`${JSON.stringify(request)}\n`)
      return await Promise.race([replied, ended])
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      clearTimeout(timer)
      stop.removeEventListener('abort', stopped)
      done.abort()
    }
  }

  async end(): Promise<void> {
    this.#leave()
    await endByInput(this.#child, GRACE)
  }

  #giveUp(done: AbortController, reason: unknown): void {
    signalGroup(this.#child.pid, 'SIGKILL')
    this.#leave()
    done.abort(reason)
  }

  /** The next request begins another. */
  #leave(): void {
    if (current === this) current = undefined
  }

  #ending(): Error {
    const { exitCode, signalCode } = this.#child
    const said = lastLines(this.#said, 3)
    return new Error(`the process that works on shares ended with ${exitCode ?? signalCode}${said === '' ? '' : `: ${said}`}`)
  }
}
