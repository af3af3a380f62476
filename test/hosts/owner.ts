import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { processStart } from '../../lib/engine/kernel.ts'
import { endGroup, groups } from './control-group.ts'

/** Part of the name of everything that this run of the tests makes on this machine: the run's process, and when it began, since ids are used again. */
const ownerOf = (pid: number): string => `${pid}-${processStart(pid)?.split(' ')[1] ?? 'gone'}`
export const OWNER = ownerOf(process.pid)

/** Whether something was made by a run of the tests that is no more. */
function isLeft(name: string): boolean {
  const [, owner, pid] = /^holdfast-.*?-((\d+)-\d+)(-|$)/.exec(name) ?? []
  return owner !== undefined && ownerOf(Number(pid)) !== owner
}

/** Removes what runs that are no more have left: their folders and control groups, and whatever should still live in one of those. */
export async function sweep(): Promise<void> {
  for (const name of new Set(groups().filter(isLeft))) await endGroup(name)
  for (const name of readdirSync(tmpdir()).filter(isLeft))
    await rm(join(tmpdir(), name), { recursive: true, force: true, maxRetries: 10 })
}

/**
 * Ends this process when it is asked to, or when the one that started it is gone and nobody would read what became of the tests. However it ends,
 * its machines end with it, and a process beside it takes away what they were made of.
 */
export function endWithParent(): void {
  const beside = spawn(process.execPath, [import.meta.filename, OWNER], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  beside.unref()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.exit(1)
  }, 500).unref()
}

/** The process beside: its standard input ends with the one that started it, which may need a moment to be gone. */
async function sweepAfter(owner: string): Promise<void> {
  for await (const _ of process.stdin);
  while (ownerOf(Number.parseInt(owner, 10)) === owner) await pause(50)
  await sweep()
}

if (import.meta.main) await sweepAfter(process.argv[2]!)
