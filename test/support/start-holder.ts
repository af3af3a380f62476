import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Outcome } from '../../lib/core/outcome.ts'
import type { Host } from '../../lib/inventory/schema.ts'

/** Another process that holds a lock, a VPN or a mount. */
export interface Holder {
  readonly child: ChildProcess
  /** Lets it go on and gives its outcomes. */
  release(): Promise<Outcome[]>
  kill(signal: NodeJS.Signals): Promise<void>
}

/** Starts it and waits until it holds, or has ended because it could not. */
export async function startHolder(what: 'lock' | 'vpn' | 'mount' | 'look', host: Host): Promise<Holder> {
  const words = [join(import.meta.dirname, 'holder.ts'), what, JSON.stringify(host)]
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let printed = ''
  const isUp = new Promise<void>(resolve => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.startsWith('up\n')) resolve()
    })
  })
  await Promise.race([isUp, ended])
  return {
    child,
    release: async () => {
      child.stdin.end()
      await ended
      return JSON.parse(printed.replace(/^up\n/, '')) as Outcome[]
    },
    kill: async signal => {
      child.kill(signal)
      await ended
    },
  }
}
