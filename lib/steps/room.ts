import { isClean, primaryChain } from '../core/collection.ts'
import { MEGABYTE } from '../core/limits.ts'
import { type Room, roomForFull } from '../core/room.ts'
import { formatBytes } from '../core/size.ts'
import type { Telling } from '../core/telling.ts'
import type { Step } from '../engine/step.ts'
import { leastFree } from '../host/disk.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from './facts.ts'
import { freeBytes } from './free-space.ts'
import { hasLocalPartial } from './prune-state.ts'

type RoomNeeds = Needs<'host' | 'archive' | 'site' | 'siteArchive' | 'collection' | 'limits'>

/**
 * Looks whether the next full backup has room (S29): as the desktop's archive is alone on its share, it may grow until just that is left. Pruning
 * then keeps it within by one action a run, and tidies what is part of no chain.
 */
export const checkRoom: Step<RoomNeeds, Needs<'freeSpace' | 'limits'>> = {
  name: 'room',
  title: 'Check disk space',
  run: async ({ host, archive, site, siteArchive, collection, limits }, shell) => {
    const free = await freeBytes(archive, shell)
    const room = desktopRoom({ host, site, siteArchive, collection }, free)
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
    shell.tell({ site: site.name, ...roomTelling(host, room, free) })
    shell.note('info', room.reason)
    return {
      freeSpace: { bytes: free, fullBackups: { allowed: room.enough, reason: room.reason } },
      limits: { ...limits, allowanceBytes: room.allowanceBytes, tidy: true },
    }
  },
}

/** Whether a desktop's next full backup has room. */
export function desktopRoom(
  { host, site, siteArchive, collection }: Needs<'host' | 'site' | 'siteArchive' | 'collection'>,
  free: number | undefined,
): Room {
  const allowance = host.desktop?.allowance
  const least = hasLocalPartial(host, site.name, siteArchive, collection) ? leastFree(host) : 0
  return roomForFull(collection, free, allowance === undefined ? undefined : allowance * MEGABYTE, least)
}

/** What that tells of the desktop: its allowance follows from what is free, where nothing else says it. */
export const roomTelling = (host: Host, room: Room, free: number | undefined): Pick<Telling, 'room' | 'allowanceBytes'> => ({
  room,
  allowanceBytes: free === undefined && host.desktop?.allowance === undefined ? undefined : room.allowanceBytes,
})
