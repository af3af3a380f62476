import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { isatty } from 'node:tty'
import { Declined } from '../core/bad-input.ts'

/**
 * Asks on the terminal; undefined at its end (Ctrl-D). It is not read key by key: Ctrl-C stays a signal, and nothing
 * need be put back. @throws when the run is stopped meanwhile, or the connection is gone
 */
export async function ask(question: string, stop: AbortSignal): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: false })
  const ended = new Promise<undefined>(resolve => terminal.once('close', () => resolve(undefined)))
  let isGone = false
  // a terminal that is gone gives an error at both, which would end the program with all that it holds
  for (const each of [process.stdin, terminal])
    each.on('error', () => {
      isGone = true
      terminal.close()
    })
  try {
    const answer = await Promise.race([terminal.question(question, { signal: stop }), ended])
    if (answer === undefined) await endQuietly(isGone, stop)
    return answer
  } finally {
    terminal.close()
  }
}

/** Asks for a word, by default a yes. @throws {Declined} when anything else is typed */
export async function confirm(question: string, stop: AbortSignal, word = 'yes'): Promise<void> {
  const answer = await ask(question, stop)
  if (answer?.trim().toLowerCase() !== word.toLowerCase()) throw new Declined('not confirmed: nothing was touched')
}

/** Tells Ctrl-D from a connection that is gone: then it is hung up, whether or not the signal has come already. */
async function endQuietly(isGone: boolean, stop: AbortSignal): Promise<void> {
  if (!isGone && isatty(process.stdin.fd)) return void process.stdout.write('\n')
  if (!stop.aborted) {
    const stopped = once(stop, 'abort')
    // without a terminal nothing else would keep the program until its own signal has come
    const waiting = setInterval(() => {}, 1000)
    process.kill(process.pid, 'SIGHUP')
    await stopped
    clearInterval(waiting)
  }
  stop.throwIfAborted()
}
