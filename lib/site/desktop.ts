import { BadInput } from '../core/bad-input.ts'
import { MEGABYTE } from '../core/limits.ts'
import { isWithin } from '../core/path.ts'
import { type Room, roomForFull } from '../core/room.ts'
import { desktopBackup, type ScheduleDecision } from '../core/schedule.ts'
import type { SiteReport } from '../core/site-report.ts'
import { formatWallTime, wallTimeIn } from '../core/zoned-time.ts'
import { escapeGlob } from '../duplicity/args.ts'
import { leastFree } from '../host/disk.ts'
import type { DesktopSite } from '../host/site.ts'
import type { DesktopSettings } from '../inventory/desktop.ts'
import { type Host, staleAfterOf } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'
import { hasLocalPartial } from './prune-state.ts'

/** The desktop that the inventory describes. @throws {BadInput} when it has none */
export function desktopOf({ name, desktop }: Host): DesktopSettings {
  if (desktop) return desktop
  throw new BadInput(
    `the inventory of ${name} has no desktop: wanted desktop: { weekday: 'wednesday', hour: 3 }; npm run setup -- --desktop writes one`,
  )
}

/** What is never backed up of a whole machine: none of it is on a disk. */
const VIRTUAL = ['/proc', '/sys', '/dev', '/run', '/tmp']

/** The desktop as the one site-like thing that steps are done for. */
export function desktopSite(host: Host): DesktopSite {
  const { name = host.name, folder, exclusions } = desktopOf(host)
  const { archive, paths } = host
  const places = archive.kind === 'mount' ? [archive.mountPoint] : archive.kind === 'folder' ? [archive.path] : []
  const inside = places.find(place => isWithin(folder, place))
  if (inside !== undefined) throw new BadInput(`desktop.folder: ${folder} lies in the archive, ${inside}`)
  const own = [...places, paths.cache, paths.run, ...VIRTUAL].filter(path => isWithin(path, folder) && path !== folder)
  const exclude = own.map(path => escapeGlob(path.slice(folder.replace(/\/$/, '').length + 1)))
  return {
    name,
    folder,
    local: undefined,
    settings: { domains: [], env: [], exclude, excludeFrom: exclusions },
    role: { role: 'primary', owner: host.name, reason: 'the desktop of the inventory', choices: [] },
    isDesktop: true,
  }
}

/** The time zone whose days the desktop's are. */
export const zoneOf = (host: Host): string => desktopOf(host).timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone

/** What the desktop's schedule says now. @param newest the time of its newest backup */
export function scheduleOf(
  host: Host,
  newest: number | undefined,
  now: number,
): { readonly decision: ScheduleDecision; readonly zone: string; readonly nextDay: string } {
  const zone = zoneOf(host)
  const decision = desktopBackup({ ...desktopOf(host), staleAfter: staleAfterOf(host, true) }, newest, now, zone)
  return { decision, zone, nextDay: `backup from ${formatWallTime(wallTimeIn(zone, decision.nextAt))} on` }
}

export function desktopSpace(
  { host, site, siteArchive, collection }: Needs<'host' | 'site' | 'siteArchive' | 'collection'>,
  free: number | undefined,
): Room {
  const allowance = host.desktop?.allowance
  const least = hasLocalPartial(host, site.name, siteArchive, collection) ? leastFree(host) : 0
  return roomForFull(collection, free, allowance === undefined ? undefined : allowance * MEGABYTE, least)
}

/** Its allowance follows from the free space, where the inventory does not set it. */
export const desktopSpaceReport = (
  host: Host,
  room: Room,
  free: number | undefined,
): Pick<SiteReport, 'room' | 'allowanceBytes'> => ({
  room,
  allowanceBytes: free === undefined && host.desktop?.allowance === undefined ? undefined : room.allowanceBytes,
})
