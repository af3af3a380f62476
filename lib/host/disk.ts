import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Disk } from '../core/room.ts'
import { messageOf, spaceText } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'

/** File systems (df(1)) on which a file takes at least its size: others compress, or are a window on something else. */
const PLAIN = ['ext2', 'ext3', 'ext4', 'xfs', 'tmpfs', 'jfs', 'reiserfs']

/** The file system of a path that is or will be (df(1)); undefined where it has no size, as some tmpfs. */
export async function diskOf(path: string, shell: Shell): Promise<Disk | undefined> {
  const script = `while ! [ -e "$1" ]; do set -- "$(dirname -- "$1")"; done
    stat --format=%d -- "$1" && exec df --block-size=1 --output=avail,size,fstype -- "$1"`
  return shell.quick.ask(text => parseDisk(path, text))`sh -c ${script} disk ${path}`
}

function parseDisk(path: string, output: string): Disk | undefined {
  const lines = output.trim().split('\n')
  const [free = '', size, kind = ''] = lines.at(-1)!.trim().split(/\s+/)
  if (size === '0') return undefined
  if (!/^\d+$/.test(free)) throw new Error(`df gave no number: ${lines.slice(1).join('\n')}`)
  return { path, device: lines[0]!, free: Number(free), keepsSize: PLAIN.includes(kind) }
}

/** The same free bytes at once and without a command, for who looks every moment at a disk of this machine. */
export function freeNow(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

/** The path itself, or the nearest folder above it that is there. */
export const nearestThere = (path: string): string => (existsSync(path) ? path : nearestThere(dirname(path)))

/** Bytes that must be free in an archive for any backup to be made or resumed there: one volume. */
export const leastFree = ({ duplicity }: Pick<Host, 'duplicity'>): number => duplicity.volumeSize * 1e6

/** @throws when a write to the archive failed because its disk is full: over SSH that is an I/O error like any other */
export async function assertNotFull(folder: string | undefined, host: Host, failure: unknown, shell: Shell): Promise<void> {
  if (folder === undefined) return
  const disk = await diskOf(folder, shell.with({ onLine: () => {} })).catch(() => undefined) // the failure says more than that
  if (disk === undefined || disk.free >= leastFree(host)) return
  const space = spaceText(disk.free, leastFree(host))
  throw new Error(`the disk of the archive is full: ${space} for a volume: ${messageOf(failure)}`)
}
