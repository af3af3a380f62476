import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from '../core/restore-room.ts'
import type { Shell } from '../engine/shell.ts'

/** File systems on which a file takes at least its size, by the names that `stat` has for them. Others compress, or are a window on something else. */
const PLAIN = ['ext2/ext3', 'xfs', 'tmpfs', 'jfs', 'reiserfs']

/**
 * The file system that a path is on, or will be once its folders are made.
 * @returns undefined when it does not tell how large it is, as a tmpfs without a limit
 */
export async function diskOf(path: string, shell: Shell): Promise<Disk | undefined> {
  const there = nearestThere(path)
  const script = 'stat --format=%d "$1" && exec stat --file-system --format="%S %b %f %a %T" "$1"'
  const told = await shell.quick.with({ onLine: () => {} }).ask(String)`sh -c ${script} disk ${there}`
  const [device = '', size = '', blocks = '', all = '', forAny = '', kind = ''] = told.trim().split(/\s+/)
  if (!(Number(blocks) > 0)) return undefined
  const [free, ownFree] = [forAny, process.geteuid?.() === 0 ? all : forAny].map(count => Number(count) * Number(size)) as [
    number,
    number,
  ]
  return { path, device, free, ownFree, keepsSize: PLAIN.includes(kind) }
}

/** The path itself, or the nearest folder above it that is there. */
export const nearestThere = (path: string): string => (existsSync(path) ? path : nearestThere(dirname(path)))
