import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { allowanceFrom, frequencyFrom } from '../core/limits.ts'
import type { Host } from '../inventory/schema.ts'
import type { Site, SiteLimits } from './facts.ts'

/** Reads a site's allowance and full backup frequency from its folder (S11, S12), with what is wrong with the files. */
export function readLimits(host: Host, site: Site): { limits: SiteLimits; problems: readonly string[] } {
  const allowance = allowanceFrom(readSmall(join(site.folder, 'max_NAS_space')), host.allowance)
  const frequency = frequencyFrom(readSmall(join(site.folder, 'full_backup_freq')), host.fullBackupFrequency)
  const problems = [allowance.problem, frequency.problem].filter(problem => problem !== undefined)
  return { limits: { allowanceBytes: allowance.value, frequencySeconds: frequency.value }, problems }
}

/** The first bytes of a plain file, or undefined when there is none. A link, a pipe or a device is not opened: the folder is the site's, not ours. */
function readSmall(path: string): string | undefined {
  let descriptor: number
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : '(not a plain file)'
  }
  try {
    if (!fstatSync(descriptor).isFile()) return '(not a plain file)'
    const buffer = Buffer.alloc(200)
    return buffer.toString('utf8', 0, readSync(descriptor, buffer))
  } finally {
    closeSync(descriptor)
  }
}
