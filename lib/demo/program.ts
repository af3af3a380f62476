import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lineOf } from '../engine/command.ts'
import { HOME } from '../program/command-line.ts'

/**
 * Runs a task of Holdfast as a person would, prints the command, and lets it print to this program's own terminal. It
 * has a process group of its own: a stop reaches it once, from here, and is waited for. Should this program be killed,
 * the kernel tells the task.
 * @throws when it does not end with 0
 */
export async function runTask(words: readonly string[], stop: AbortSignal): Promise<void> {
  stop.throwIfAborted()
  const command = ['npx', 'zx', ...words]
  console.log(`$ ${lineOf(command)}`)
  const options: SpawnOptions = { cwd: HOME, stdio: ['ignore', 'inherit', 'inherit'], detached: true }
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], options)
  const end = (): boolean => process.kill(-child.pid!, 'SIGTERM')
  stop.addEventListener('abort', end, { once: true })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  stop.removeEventListener('abort', end)
  stop.throwIfAborted()
  if (code !== 0) throw new Error(`${words[0]} ended with ${signal ?? `exit code ${code}`}, wanted 0`)
}
