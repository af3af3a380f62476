import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import type { Epoch, KnownEpoch } from '../core/epoch.ts'
import { allowanceFrom, frequencyFrom } from '../core/limits.ts'
import type { Role } from '../core/marker.ts'
import { findWebRoot, type Kind, type WebRoot } from '../core/path.ts'
import type { CommandPlace } from '../core/task-command.ts'
import type { Deadline } from '../engine/patience.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host, SiteSettings } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'
import { OpenedFolder } from './opened-folder.ts'

export interface Request {
  readonly dryRun: boolean
  /** Only these sites; all when empty. */
  readonly only: readonly string[]
  /** The command of a task, with these options, as a person types it here. */
  readonly command: (task: string, ...options: readonly string[]) => string
  readonly commandPlace?: CommandPlace
}

export interface LocalSite {
  readonly name: string
  /** All of `NAME/`. */
  readonly folder: string
  readonly claims: readonly string[]
  readonly epoch?: KnownEpoch | undefined
  /** Where its `wp-config.php` is; undefined for a static site. */
  readonly wpConfig: string | undefined
  /** Why its `SITE` can be in no backup; see core/path.ts. */
  readonly refused?: string
  readonly unreadable?: string
}

/** Where a site is, or would be, on this host, and what the inventory says of it. */
export interface SitePlace {
  readonly name: string
  /** All of `NAME/`. */
  readonly folder: string
  readonly settings: SiteSettings
}

/** A site with its role: what the recipe does something for. */
export interface Site extends SitePlace {
  /** Undefined for a site that is not here yet. */
  readonly local: LocalSite | undefined
  readonly role: Role
  /** The present epoch of its archive; absent where markers alone say whose it is. */
  readonly epoch?: Epoch | undefined
  /** A machine's own folder, no website: no marker, or every other host would take it for a site to replicate. */
  readonly isDesktop?: true
}

/** A site that this host owns, and that it alone backs up. */
export interface PrimarySite extends Site {
  readonly role: Role & { readonly role: 'primary' }
}

/** The folder of a machine that is no website. */
export interface DesktopSite extends PrimarySite {
  readonly isDesktop: true
}

export interface Roles {
  readonly primaries: readonly PrimarySite[]
  readonly replicas: readonly Site[]
  /** Incoming, unmanaged, conflict, ambiguous. */
  readonly others: readonly Site[]
}

/** The one site that was asked for. @throws {BadInput} when there is none of that name */
export function siteAsked({ primaries, replicas, others }: Roles, { only: [name = ''] }: Request): Site {
  const site = [...primaries, ...replicas, ...others].find(one => one.name === name)
  if (!site) throw new BadInput(`--site: no site "${name}" here or in the archive`)
  return site
}

/** The settings in files of the site's own folder (S11, S12), checked. */
export interface SiteLimits {
  readonly allowanceBytes: number
  readonly frequencySeconds: number
  /** What is part of no chain is removed although the allowance suffices, as on the desktop (S29). */
  readonly tidy?: true
}

/** Reads a site's allowance and full backup frequency from its folder (S11, S12), with what is wrong with the files. */
export function readLimits(host: Host, site: Site): { limits: SiteLimits; problems: readonly string[] } {
  const allowance = allowanceFrom(readSmall(site, 'max_NAS_space'), host.allowance)
  const frequency = frequencyFrom(readSmall(site, 'full_backup_freq'), host.fullBackupFrequency)
  const problems = [allowance.problem, frequency.problem].filter(problem => problem !== undefined)
  return { limits: { allowanceBytes: allowance.value, frequencySeconds: frequency.value }, problems }
}

/** The first bytes of a plain file, or undefined when there is none. No link, pipe or device is opened. */
function readSmall({ folder, isDesktop }: Site, name: string): string | undefined {
  try {
    using opened = isDesktop ? OpenedFolder.openNamed(folder) : OpenedFolder.open(folder)
    using file = opened.fileIfThere(name)
    return file?.head(200).toString('utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : '(not a plain file)'
  }
}

/** More at once would wait for the archive's disk, and each full backup takes memory. */
const MOST_AT_ONCE = 4

export const sitesAtOnce = ({ concurrency }: Host): number => concurrency ?? Math.min(availableParallelism(), MOST_AT_ONCE)

/** Until when all must be done that a run does for one site, so that the others' turn comes. */
export function siteDeadline({ host, site }: { readonly host: Host; readonly site: SitePlace }): Deadline {
  const own = site.settings.deadline
  return own === undefined
    ? { seconds: host.deadlines.site, setting: 'deadlines.site in the inventory' }
    : { seconds: own, setting: `sites.${site.name}.deadline in the inventory` }
}

/** A name that can be a folder's on every host and part of a log's line. Holdfast's own begin with a dot. */
export const isSiteName = (name: string): boolean => name !== '' && !name.startsWith('.') && !/[/\u0000-\u001f\u007f]/.test(name)

const NO_SETTINGS: SiteSettings = { domains: [], env: [], exclude: [] }

export function placeOf(host: Host, name: string): SitePlace {
  // a site may be named like a property that every object has
  return { name, folder: join(host.vhosts, name), settings: Object.hasOwn(host.sites, name) ? host.sites[name]! : NO_SETTINGS }
}

/** What it takes to work on a restore, in one word. */
export interface HostContext {
  readonly host: Host
  readonly secrets: Secrets
  readonly shell: Shell
}

/** Where the web root of a site's opened folder is. @param live what that folder is called when it is live */
export function webRootIn(site: OpenedFolder, live: string): WebRoot {
  return findWebRoot(live, way => {
    if (!way.includes('/')) return kindOf(site, way)
    using around = site.plainFolder(dirname(way))
    return around ? kindOf(around, basename(way)) : 'missing'
  })
}

/** Opens it; undefined where there is none that can be backed up. */
export function openWebRoot(site: OpenedFolder, live: string): OpenedFolder | undefined {
  const root = webRootIn(site, live)
  return root.kind === 'folder' ? site.plainFolder(root.way) : undefined
}

function kindOf(folder: OpenedFolder, name: string): Kind {
  const stat = folder.look(name)
  if (stat === undefined) return 'missing'
  if (stat.isSymbolicLink()) return { link: folder.link(name) }
  return stat.isDirectory() ? 'folder' : 'other'
}
