import type { Collection } from '../core/collection.ts'
import type { Role } from '../core/marker.ts'
import type { CommandPlace } from '../core/task-command.ts'
import type { Host, SiteSettings } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'
import type { Archive, SiteArchive } from './check-mount.ts'
import type { Encryption } from './encryption.ts'
import type { FoundBefore } from './leases.ts'
import type { LockInfo } from './lock.ts'
import type { Writer } from './writer.ts'

/** What the person asked for on the command line. */
export interface Request {
  readonly dryRun: boolean
  /** Only these sites; all when empty. */
  readonly only: readonly string[]
  /** The command of a task, with these options, as a person types it here. */
  readonly command: (task: string, ...options: readonly string[]) => string
  /** Where such commands are typed. */
  readonly commandPlace?: CommandPlace
}

/** A site as it stands in a folder on this host. */
export interface LocalSite {
  readonly name: string
  /** All of `NAME/`. */
  readonly folder: string
  /** Hosts that the markers in its folder name. */
  readonly claims: readonly string[]
  /** Where its `wp-config.php` is; undefined for a static site. */
  readonly wpConfig: string | undefined
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
  /** It is a machine's own folder and no website: its archive gets no marker, or every other host would take it for a site to replicate. */
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

/** Every site of this run, by what is to be done with it. */
export interface Roles {
  readonly primaries: readonly PrimarySite[]
  readonly replicas: readonly Site[]
  /** Incoming, unmanaged, conflict, ambiguous. */
  readonly others: readonly Site[]
}

/** What the archive has free. */
export interface FreeSpace {
  /** Undefined where nothing can tell: a URL. */
  readonly bytes: number | undefined
  /** Whether a full backup may start (S10), and why not. */
  readonly fullBackups: { readonly allowed: boolean; readonly reason: string }
}

/** The settings in files of the site's own folder (S11, S12), checked. */
export interface SiteLimits {
  readonly allowanceBytes: number
  readonly frequencySeconds: number
  /** What is part of no chain is removed although the allowance suffices, as on the desktop (S29). */
  readonly tidy?: true
}

/**
 * All facts that steps need or give, in one place. A step names those that it needs: `Needs<'host' | 'archive'>`.
 */
export interface Facts {
  host: Host
  secrets: Secrets
  request: Request
  /** Who left the last run unfinished, if somebody did (S16). */
  interrupted: LockInfo | undefined
  localSites: readonly LocalSite[]
  /** The VPN is on, where the inventory names one: a share may lie behind it. */
  vpnLease: FoundBefore | 'none'
  /** The folder that stands for the archive once the share is mounted; not yet proven to be it. Undefined for a URL. */
  mounted: { readonly root: string } | undefined
  archive: Archive
  writer: Writer
  roles: Roles
  freeSpace: FreeSpace
  site: Site
  siteArchive: SiteArchive
  limits: SiteLimits
  collection: Collection
  encryption: Encryption
  /** What of a site lies beside its files was saved into its companion folder in this run; false where there is nothing to save, or it failed. */
  databaseSaved: boolean
  certificatesSaved: boolean
  webServerSaved: boolean
}

/** The facts of these names. */
export type Needs<Name extends keyof Facts> = Pick<Facts, Name>
