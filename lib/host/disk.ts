import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from '../core/room.ts'
import type { Host } from '../inventory/schema.ts'

/** File systems on which a file takes at least its size: others compress, or are a window on something else. */
const PLAIN = { ext: 0xef53, xfs: 0x58465342, tmpfs: 0x01021994, jfs: 0x3153464a, reiserfs: 0x52654973 }

/** The file system of a path that is or will be (statfs(2)); undefined where it has no size, as some tmpfs. */
export function diskOf(path: string): Disk | undefined {
  const there = nearestThere(path)
  const { type, frsize, blocks, bavail } = statfsSync(there)
  if (blocks === 0) return undefined
  const keepsSize = Object.values(PLAIN).includes(type)
  return { path, device: String(statSync(there).dev), free: bavail * frsize, keepsSize }
}

/** The path itself, or the nearest folder above it that is there. */
export const nearestThere = (path: string): string => (existsSync(path) ? path : nearestThere(dirname(path)))

/** Bytes that must be free in an archive for any backup to be made or resumed there: one volume. */
export const leastFree = ({ duplicity }: Pick<Host, 'duplicity'>): number => duplicity.volumeSize * 1e6
