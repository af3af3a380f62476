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
export async function sweep(): Promise<void> {
  for (const name of new Set(groups().filter(isLeft))) await endGroup(name)
  for (const name of readdirSync(tmpdir()).filter(isLeft)) await rm(join(tmpdir(), name), { recursive: true, force: true })
}

/** Ends this process when the one that started it is gone: the machines end with it, and nobody would read what became of them. */
export function endWithParent(): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1)
  }, 500).unref()
}
