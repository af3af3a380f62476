import { allowanceFrom, frequencyFrom } from '../core/limits.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { Host } from '../inventory/schema.ts'
import type { Site, SiteLimits } from './facts.ts'

/** Reads a site's allowance and full backup frequency from its folder (S11, S12), with what is wrong with the files. */
export function readLimits(host: Host, site: Site): { limits: SiteLimits; problems: readonly string[] } {
  const allowance = allowanceFrom(readSmall(site, 'max_NAS_space'), host.allowance)
  const frequency = frequencyFrom(readSmall(site, 'full_backup_freq'), host.fullBackupFrequency)
  const problems = [allowance.problem, frequency.problem].filter(problem => problem !== undefined)
  return { limits: { allowanceBytes: allowance.value, frequencySeconds: frequency.value }, problems }
}

/** The first bytes of a plain file, or undefined when there is none. A link, a pipe or a device is not opened: the folder is the site's, not ours. */
function readSmall({ folder, isDesktop }: Site, name: string): string | undefined {
  try {
    using opened = isDesktop ? OpenedFolder.openNamed(folder) : OpenedFolder.open(folder)
    using file = opened.fileIfThere(name)
    return file?.head(200).toString('utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : '(not a plain file)'
  }
}
