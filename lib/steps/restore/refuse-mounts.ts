import { readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { mountsOnTheWay, mountsWithin } from '../../core/mount-table.ts'
import type { Exchange } from '../../core/restore-journal.ts'
import type { Step } from '../../engine/step.ts'
import type { Needs } from '../facts.ts'
import { exists } from './brought.ts'
import { placeOfPath } from './path-place.ts'
import type { Scope } from './scope.ts'

/**
 * Refuses a restore of files where something is mounted in what would be replaced: a mount moves along with the folder around it, and what is on it
 * would be held, and one day deleted, as if it were the site's former files. So is a path that has no place any more. Looked at before anything is restored.
 */
export const refuseMounts: Step<Needs<'site'> & { scope: Scope }, void> = {
  name: 'place',
  title: 'Look whether it can be put in place',
  run: async ({ site, scope }) => {
    for (const path of scope.paths) refuse(site.folder, join(site.folder, placeOfPath(site.folder, path)))
    if (scope.files) refuse(dirname(site.folder), site.folder)
  },
}

/** The same just before the exchange, of both sides: a restore takes its time, and an undo is days later. @throws when something is mounted in one */
export function assertNoMounts(exchanges: readonly Exchange[]): void {
  for (const path of exchanges.flatMap(({ live, held }) => [live, held])) refuse(dirname(path), path)
}

/** The mounts in a folder that is to be deleted with all that is in it. */
export const mountsIn = (folder: string): readonly string[] => (exists(folder) ? mountsWithin(mountTable(), real(folder)) : [])

/** @param root a folder around the path, whose own file system the restore is prepared on */
function refuse(root: string, path: string): void {
  if (!exists(root)) return
  const there = exists(path) ? real(path) : join(real(nearestThere(path)), 'what is gone')
  const [mount] = [...mountsOnTheWay(mountTable(), realpathSync(root), there), ...mountsWithin(mountTable(), there)]
  if (mount === undefined) return
  throw new Error(
    `${mount} is a mount, and ${path} would be replaced with it: unmount it first, or bring back with --path what lies beside it`,
  )
}

const nearestThere = (path: string): string => (exists(path) ? path : nearestThere(dirname(path)))

/** The path without the links on the way to it; what is at it stays a link, as it is the link that would be moved. */
const real = (path: string): string => join(realpathSync(dirname(path)), basename(path))

const mountTable = (): string => readFileSync('/proc/self/mountinfo', 'utf8')
