import { isClean, primaryChain } from '../core/collection.ts'
import { formatBytes } from '../core/size.ts'
import type { Step } from '../engine/step.ts'
import { desktopSpace, desktopSpaceReport } from '../site/desktop-room.ts'
import { freeBytes } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'

type RoomNeeds = Needs<'host' | 'archive' | 'site' | 'siteArchive' | 'collection' | 'limits'>

/**
 * Looks whether the next full backup has room (S29): as the desktop's archive is alone on its share, it may grow until just that is left. Pruning
 * then keeps it within by one action a run, and tidies what is part of no chain.
 */
export const checkDesktopSpace: Step<RoomNeeds, Needs<'freeSpace' | 'limits'>> = {
  name: 'desktop-space',
  title: 'Check disk space',
  run: async ({ host, archive, site, siteArchive, collection, limits }, shell) => {
    const free = await freeBytes(archive, shell)
    const room = desktopSpace({ host, site, siteArchive, collection }, free)
    shell.note(
      'info',
      isClean(collection)
        ? 'the backup sets are clean: no incomplete or orphaned ones to remove'
        : 'the backup sets are not clean',
    )
    const primary = primaryChain(collection)
    if (primary)
      shell.note(
        'info',
        `space used by the newest full backup ${formatBytes(primary.full.bytes)}, its chain ${formatBytes(primary.bytes)}`,
      )
    if (free !== undefined) shell.note('info', `space available on the archive: ${formatBytes(free)}`)
    shell.tell({ site: site.name, ...desktopSpaceReport(host, room, free) })
    shell.note('info', room.reason)
    return {
      freeSpace: { bytes: free, fullBackups: { allowed: room.enough, reason: room.reason } },
      limits: { ...limits, allowanceBytes: room.allowanceBytes, tidy: true },
    }
  },
}
