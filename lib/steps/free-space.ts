import { spaceText } from '../core/size.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readLimits } from '../host/site.ts'
import { freeBytes, isFull } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'

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

/** Applies where a backup needs pruning before it. */
export const isArchiveFull: Condition<Needs<'host' | 'freeSpace'>, object> = ({ host, freeSpace }) =>
  isFull(host, freeSpace) ? {} : 'the archive has room for a volume'
