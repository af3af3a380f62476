import { MEGABYTE } from '../core/limits.ts'
import { type Room, roomForFull } from '../core/room.ts'
import type { SiteReport } from '../core/site-report.ts'
import { leastFree } from '../host/disk.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'
import { hasLocalPartial } from './prune-state.ts'

/** Whether a desktop's next full backup has room. */
export function desktopSpace(
  { host, site, siteArchive, collection }: Needs<'host' | 'site' | 'siteArchive' | 'collection'>,
  free: number | undefined,
): Room {
  const allowance = host.desktop?.allowance
  const least = hasLocalPartial(host, site.name, siteArchive, collection) ? leastFree(host) : 0
  return roomForFull(collection, free, allowance === undefined ? undefined : allowance * MEGABYTE, least)
}

/** What that tells of the desktop: its allowance follows from what is free, where nothing else says it. */
export const desktopSpaceReport = (
  host: Host,
  room: Room,
  free: number | undefined,
): Pick<SiteReport, 'room' | 'allowanceBytes'> => ({
  room,
  allowanceBytes: free === undefined && host.desktop?.allowance === undefined ? undefined : room.allowanceBytes,
})
