import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** A program of the sandbox that runs until it is stopped. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number
  /** True until the program has ended, by whatever cause. */
  running(): boolean
  /** Asks it to end (SIGTERM) and waits until it has; after 20 s it is killed. Stopping twice is no error. */
  stop(): Promise<void>
  /** Ends it at once, as a power cut would (SIGKILL), and waits until it is gone. */
  kill(): Promise<void>
}

/** How long a program may take to end by itself, in milliseconds. */
const PATIENCE = 20_000

/**
 * Starts a program that the kernel kills when this one is gone (setpriv). SIGKILL, since a server that is just starting
 * may not heed SIGTERM; InnoDB repairs itself. It has a process group of its own, so that Ctrl-C reaches this program
 * only, which then stops things in its own order.
 */
export async function startDaemon(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<Daemon> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], { stdio: 'ignore', detached: true, ...options })
  await once(child, 'spawn')
  child.unref()
  const running = () => child.exitCode === null && child.signalCode === null
  const stop = () => end(child, 'SIGTERM')
  return { pid: child.pid!, running, stop, kill: () => end(child, 'SIGKILL'), [Symbol.asyncDispose]: stop }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  const ended = once(child, 'exit')
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  await ended
  clearTimeout(timer)
}

/** Runs a program to its end; returns what it printed. @throws with what it said when it does not end with 0 */
export async function output(command: string, args: readonly string[], input = '', options: SpawnOptions = {}): Promise<string> {
  const child = spawn(command, args, { ...options, stdio: 'pipe' })
  const ended = once(child, 'close')
  child.stdin.on('error', () => {}) // it may end before it has read everything: its exit code tells
  child.stdin.end(input)
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}: ${(err.trim() || out.trim()).slice(-2000)}`)
  return out
}

/** Asks `ready` every 25 ms. @throws with `explain()` when the daemon ends first; after `seconds` it is killed */
export async function untilReady(
  daemon: Daemon,
  ready: () => Promise<boolean>,
  explain: () => string,
  seconds = 60,
): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (daemon.running()) {
    if (await ready()) return
    if (Date.now() > end) await daemon.kill()
    await new Promise(resolve => setTimeout(resolve, 25))
  }
  throw new Error(explain())
}
