import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { mountsOnTheWay, mountsWithin } from '../core/mount-table.ts'
import type { Exchange } from '../core/restore-journal.ts'
import { type Bases, realPath } from './place.ts'

/**
 * The same just before the exchange, of both sides: a restore takes its time, and an undo is days later. @throws when
 * something is mounted in one
 */
export function assertNoMounts(host: Bases, exchanges: readonly Exchange[]): void {
  for (const path of exchanges.flatMap(({ live, held }) => [live, held])) refuse(host, dirname(path), path)
}

/** The mounts in a folder that is to be deleted with all that is in it. */
export const mountsIn = (host: Bases, folder: string): readonly string[] => mountsWithin(mountTable(), realPath(host, folder))

/** @param root a folder around the path, whose own file system the restore is prepared on */
export function refuse(host: Bases, root: string, path: string): void {
  const there = realPath(host, path)
  const [mount] = [...mountsOnTheWay(mountTable(), realPath(host, root), there), ...mountsWithin(mountTable(), there)]
  if (mount === undefined) return
  throw new Error(
    `${mount} is a mount, and ${path} would be replaced with it: unmount it first, or bring back with --path what lies beside it`,
  )
}

const mountTable = (): string => readFileSync('/proc/self/mountinfo', 'utf8')
