import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { processStart } from '../../lib/steps/process-start.ts'
import { endGroup, groups } from './control-group.ts'

/** Part of the name of everything that this run of the tests makes on this machine: the run's process, and when it began, since ids are used again. */
const ownerOf = (pid: number): string => `${pid}-${processStart(pid)?.split(' ')[1] ?? 'gone'}`
export const OWNER = ownerOf(process.pid)

/** Whether something was made by a run of the tests that is no more. */
function isLeft(name: string): boolean {
  const [, owner, pid] = /^holdfast-.*?-((\d+)-\d+)(-|$)/.exec(name) ?? []
  return owner !== undefined && ownerOf(Number(pid)) !== owner
}

/** Removes what runs that were killed could not: their folders and control groups, and whatever should still live in one of those. */
export const sweep = (): Promise<void> => remove(isLeft)

async function remove(isWanted: (name: string) => boolean): Promise<void> {
  for (const name of new Set(groups().filter(isWanted))) await endGroup(name)
  for (const name of readdirSync(tmpdir()).filter(isWanted))
    await rm(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 10 })
}

/**
 * Ends this process when it is asked to, or when the one that started it is gone and nobody would read what became of the tests. It cuts the power
 * of its machines, and takes away what they were made of.
 */
export function endWithParent(): void {
  const parent = process.ppid
  let ending = false
  const end = (): void => {
    if (ending) return
    ending = true
    // what fails now is left to the next run
    remove(name => `${name}-`.includes(`-${OWNER}-`)).finally(() => process.exit(1))
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
  setInterval(() => {
    if (process.ppid !== parent) end()
  }, 500).unref()
}
