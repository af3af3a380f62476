import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** How often two names are exchanged at least in each attack: a sample in CI, HOLDFAST_EXCHANGES=1000 and more by hand. */
export const EXCHANGES = Number(process.env.HOLDFAST_EXCHANGES ?? 100)

const SCRIPT = join(import.meta.dirname, 'exchange-folder.py')

/** A user who exchanges two names in a folder, a thousand times a second or more, until it is ended. */
export interface Exchanger {
  /** Ends it, and gives how often it did. */
  readonly end: () => Promise<number>
}

/** Starts it as a user: what it may not do, that user may not do. @throws when it cannot exchange them */
export async function exchange(uid: number, folder: string, names: readonly [string, string]): Promise<Exchanger> {
  const child = spawn('python3', [SCRIPT, String(uid), folder, ...names], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  if ((await lines.next()).value !== 'ready') throw new Error(`${names.join(' and ')} cannot be exchanged in ${folder}`)
  return {
    end: async () => {
      child.stdin.end()
      const { value } = await lines.next()
      await closed
      if (child.exitCode !== 0) throw new Error(`${names.join(' and ')} could not be exchanged in ${folder}`)
      return Number(value)
    },
  }
}
