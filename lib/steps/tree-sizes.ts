import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Collection } from '../core/collection.ts'
import { messageOf } from '../core/message.ts'
import { type RestorePoint, restorePoints } from '../core/restore-point.ts'
import { type TreeSize, textOfTreeSizes, treeSizesIn } from '../core/tree-size.ts'
import { sourceSizeIn } from '../duplicity/statistics.ts'
import type { Shell } from '../engine/shell.ts'
import type { SiteArchive } from './check-mount.ts'
import { COMPANION } from './companion.ts'
import { DUMP } from './db-dump.ts'
import { dumpSizeOf } from './dump-size.ts'
import type { Site } from './facts.ts'

/** The file beside a site's sets that says how large the site was in each: neither their names nor their sizes tell, and whoever restores has to know before. */
const SIZES = '.holdfast-sizes'

/** Seconds that a look at a share may take. */
const LOOK = 60

/** What is read of that file, in bytes from its end, where the newest sets are: whoever can write to the share can make it as large as they like. */
const MOST = 4_000_000

/** Beside the file first, and then over it. Neither follows a link that somebody else has put at either name: `excl` opens none, and `mv -T` goes into no folder. */
const WRITE = 'rm -f "$1.new" && { dd of="$1.new" conv=excl status=none && mv -fT "$1.new" "$1"; } || { rm -f "$1.new"; exit 1; }'

/** The sizes that are written down beside a site's archive; none where there is no such file, or at a URL. */
async function readTreeSizes({ folder }: SiteArchive, shell: Shell): Promise<readonly TreeSize[]> {
  if (folder === undefined) return []
  const script = '[ ! -f "$1" ] || exec tail -c "$2" "$1"'
  return await shell
    .with({ timeout: LOOK, onLine: () => {} })
    .ask(treeSizesIn)`sh -c ${script} sizes ${join(folder, SIZES)} ${MOST}`
}

/** How large the site was at a restore point; undefined where nobody wrote it down. */
export async function treeSizeAt(archive: SiteArchive, point: RestorePoint, shell: Shell): Promise<TreeSize | undefined> {
  return (await readTreeSizes(archive, shell)).findLast(size => size.time === point.time)
}

/**
 * Writes down how large the site was in the set that was just made, and forgets the sets that are gone. The backup is good without: a failure is only noted.
 * @param after the collection with the new set
 * @param logFile of the duplicity call that made it
 */
export async function rememberTreeSize(
  { site, archive, after, time, logFile }: { site: Site; archive: SiteArchive; after: Collection; time: number; logFile: string },
  shell: Shell,
): Promise<void> {
  if (archive.folder === undefined || site.isDesktop) return
  try {
    const source = sourceSizeIn(readFileSync(logFile, 'utf8'))
    if (!source) return shell.note('info', 'duplicity told no statistics: the size of the site is not written down')
    const times = new Set(restorePoints(after).map(point => point.time))
    const kept = (await readTreeSizes(archive, shell)).filter(size => times.has(size.time) && size.time !== time)
    const sizes = [...kept, { time, ...source, ...(await dumpOf(site, shell)) }]
    const writing = shell.with({ timeout: LOOK, input: textOfTreeSizes(sizes) })
    await writing.act`sh -c ${WRITE} sizes ${join(archive.folder, SIZES)}`
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `how large the site is cannot be written down beside its archive: ${messageOf(error)}`)
  }
}

async function dumpOf(site: Site, shell: Shell): Promise<Pick<TreeSize, 'dump'>> {
  if (site.local?.wpConfig === undefined) return {}
  const dump = await dumpSizeOf(join(site.folder, COMPANION, DUMP), shell)
  return dump ? { dump } : {}
}
