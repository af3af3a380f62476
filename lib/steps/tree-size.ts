import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../core/message.ts'
import type { TreeSize } from '../core/set-record.ts'
import { sourceSizeIn } from '../duplicity/statistics.ts'
import type { Shell } from '../engine/shell.ts'
import { COMPANION } from './companion.ts'
import { DUMP } from './db-dump.ts'
import { dumpSizeOf } from './dump-size.ts'
import type { Site } from './facts.ts'

/**
 * How large the site was in the set that was just made, as far as that can be told: the backup is good without.
 * @param logFile of the duplicity call that made it
 * @throws when the run is stopped
 */
export async function treeSizeOf(site: Site, logFile: string, shell: Shell): Promise<Partial<TreeSize>> {
  try {
    const source = sourceSizeIn(readFileSync(logFile, 'utf8'))
    if (!source) shell.note('info', 'duplicity told no statistics: the size of the site is not written down')
    if (site.local?.wpConfig === undefined) return { ...source }
    const dump = await dumpSizeOf(join(site.folder, COMPANION, DUMP), shell)
    return { ...source, ...(dump && { dump }) }
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `how large the site is cannot be told: ${messageOf(error)}`)
    return {}
  }
}
