import { readFileSync } from 'node:fs'
import type { SetRecord, TreeSize } from '../core/set-record.ts'
import { coreRows } from '../core/shrinkage.ts'
import { messageOf } from '../core/wording.ts'
import { dumpRowsOf, dumpSizeOf } from '../database/dump-size.ts'
import { sourceSizeIn } from '../duplicity/log.ts'
import type { Shell } from '../engine/shell.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { openWebRoot, type Site } from '../host/site.ts'

/** What is written down of a site's contents. */
export type CountedContents = Partial<TreeSize> & Pick<SetRecord, 'rows' | 'isEmpty'>

/**
 * How large the site was in the set that was just made, as far as that can be told.
 * @param logFile of the duplicity call that made it
 * @throws when the run is stopped
 */
export async function treeSizeOf(site: Site, logFile: string, shell: Shell): Promise<CountedContents> {
  try {
    const source = sourceSizeIn(readFileSync(logFile, 'utf8'))
    if (!source) shell.note('info', 'duplicity told no statistics: the size of the site is not written down')
    if (site.isDesktop) return { ...source }
    const isEmpty = isSiteEmpty(site.folder) ? { isEmpty: true } : {}
    if (site.local?.wpConfig === undefined) return { ...source, ...isEmpty, rows: {} }
    const [dump, rows] = [await dumpSizeOf(site.folder, shell), await dumpRowsOf(site.folder, shell)]
    return { ...source, ...isEmpty, ...(dump && { dump }), ...(rows && { rows: coreRows(rows) }) }
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `how large the site is cannot be told: ${messageOf(error)}`)
    return {}
  }
}

/** Whether there is nothing in the web root of a site's folder, or of one that is restored beside it. */
export function isSiteEmpty(folder: string, live = folder): boolean {
  try {
    using site = OpenedFolder.open(folder)
    using root = openWebRoot(site, live)
    return !root || root.names().length === 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
