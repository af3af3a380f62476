import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { CommandFailed, type CommandOptions, environment, signalGroup, TimedOut } from './process.ts'

/** A command that stays for as long as something is held. */
export interface Running {
  /** Closes its standard input, by which it ends, and waits until it has. One that does not is killed. */
  readonly end: () => Promise<void>
}

/** Seconds that a command may take to begin, when nothing else is said. */
const BEGINNING = 20
/** Milliseconds that it may take to end by itself. */
const GRACE = 5000

/**
 * Starts a command that stays until it is ended, and waits for the first line that it prints: by it the command says that what it holds is held.
 * It must end when its standard input does: then it ends with this process, however this one ends.
 *
 * @throws {CommandFailed} when it ends before that line
 * @throws {TimedOut} when the line does not come in time
 */
export async function beginProcess(words: readonly string[], options: CommandOptions): Promise<Running> {
  const [program = '', ...rest] = words
  const child = spawn(program, rest, { detached: true, stdio: 'pipe', env: environment(options.env) })
  child.stdin.on('error', () => {}) // it may have ended already
  const seconds = options.timeout ?? BEGINNING
  const timer = setTimeout(() => end(child), seconds * 1000)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  try {
    await once(child, 'spawn')
    const began = once(createInterface(child.stdout), 'line').then(() => true)
    if (await Promise.race([began, once(child, 'close').then(() => false)])) return { end: () => end(child) }
    const ended = { exitCode: child.exitCode ?? undefined, stdout: '', stderr: said }
    if (child.exitCode === null) throw new TimedOut(program, `did not begin within ${seconds} s`, ended)
    throw new CommandFailed(program, `ended with exit code ${child.exitCode}`, ended)
  } finally {
    clearTimeout(timer)
  }
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end()
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE)
  await ended
  clearTimeout(timer)
}
