import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as elapse } from 'node:timers/promises'
import { signalGroup } from './kernel.ts'

/** Seconds between asking a group of processes to end and killing it. */
export const GRACE = 2

/** Seconds to wait for a killed process before it is left behind. */
export const LEAVE_BEHIND = 1

/**
 * Ends a program that ends with its standard input; it is killed when it does not, and left behind if that fails.
 * @param grace seconds until it is killed
 */
export async function endByInput(child: ChildProcess, grace = GRACE): Promise<void> {
  child.stdin?.end()
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref() // or this process, with nothing else to wait for, ends before it
  const ended = once(child, 'exit')
  if (await within(grace, ended)) return
  signalGroup(child.pid, 'SIGKILL')
  await within(LEAVE_BEHIND, ended)
  child.unref()
}

/** Whether something happens in so many seconds. */
async function within(seconds: number, what: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const elapsed = elapse(seconds * 1000, false, { signal: over.signal })
  return await Promise.race([what.then(() => true), elapsed]).finally(() => over.abort())
}
