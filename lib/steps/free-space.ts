import { formatBytes, spaceText } from '../core/size.ts'
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
    const allowances = roles.primaries.map(site => ({ site: site.name, bytes: readLimits(host, site).limits.allowanceBytes }))
    const largest = allowances.toSorted((a, b) => b.bytes - a.bytes)[0] ?? { site: undefined, bytes: 0 }
    const required = largest.bytes * host.freeSpaceFactor
    const allowed = bytes >= required
    const first = bytes >= largest.bytes
    const rule = `freeSpaceFactor, ${host.freeSpaceFactor}, times the largest allowance, ${formatBytes(largest.bytes)} of ${largest.site}`
    const reason = `${spaceText(bytes, required)}${largest.site === undefined ? '' : ` (${rule})`}`
    if (allowed) shell.note('info', reason)
    else {
      const except = first ? ', but for the first of a site' : ''
      const wayOut = `Free some room there, lower max_NAS_space of ${largest.site}, or freeSpaceFactor in the inventory`
      shell.note('problem', `no full backup will start${except}: ${reason}. ${wayOut}`)
    }
    return { freeSpace: { bytes, fullBackups: { allowed, first, reason } } }
  },
}

/** Applies where a backup needs pruning before it. */
export const isArchiveFull: Condition<Needs<'host' | 'freeSpace'>, object> = ({ host, freeSpace }) =>
  isFull(host, freeSpace) ? {} : 'the archive has room for a volume'
