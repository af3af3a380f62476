import { spaceText } from '../core/size.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { diskOf, leastFree } from '../host/disk.ts'
import type { Host } from '../inventory/schema.ts'
import type { Archive } from './check-mount.ts'
import type { FreeSpace, Needs } from './facts.ts'
import { readLimits } from './limits.ts'

/** Looks whether the archive has room for full backups: its free space must be so many times the largest allowance of any site here (S10). */
export const checkFreeSpace: Step<Needs<'host' | 'archive' | 'roles'>, Needs<'freeSpace'>> = {
  name: 'free-space',
  title: 'Check disk space',
  run: async ({ host, archive, roles }, shell) => {
    const bytes = await freeBytes(archive, shell)
    if (bytes === undefined)
      return { freeSpace: { bytes, fullBackups: { allowed: true, reason: 'the archive does not tell its free space' } } }
    const largest = Math.max(0, ...roles.primaries.map(site => readLimits(host, site).limits.allowanceBytes))
    const required = largest * host.freeSpaceFactor
    const allowed = bytes >= required
    const reason = `${spaceText(bytes, required)} (${host.freeSpaceFactor} times the largest allowance)`
    shell.note(allowed ? 'info' : 'problem', allowed ? reason : `no full backup will start: ${reason}`)
    return { freeSpace: { bytes, fullBackups: { allowed, reason } } }
  },
}

/** The bytes that are free in the archive; undefined where it does not tell. One that a dry run found to be new is not there yet: the folder around it has the same room. */
export const freeBytes = async (archive: Archive, shell: Shell): Promise<number | undefined> =>
  archive.kind === 'url' ? undefined : (await diskOf(archive.root, shell))?.free

/** Whether the archive has no room for even one volume: no backup can be made or resumed there before something has gone. */
export const isFull = (host: Pick<Host, 'duplicity'>, { bytes }: Pick<FreeSpace, 'bytes'>): boolean =>
  bytes !== undefined && bytes < leastFree(host)

/** Applies where a backup needs pruning before it. */
export const isArchiveFull: Condition<Needs<'host' | 'freeSpace'>, object> = ({ host, freeSpace }) =>
  isFull(host, freeSpace) ? {} : 'the archive has room for a volume'
