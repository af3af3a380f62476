import type { Collection } from '../core/collection.ts'
import type { FoundBefore, LockInfo } from '../host/locks.ts'
import type { LocalSite, Request, Roles, Site, SiteLimits } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'
import type { Archive, Encryption, FreeSpace, SiteArchive } from './archive.ts'
import type { Ownership } from './epochs.ts'
import type { Writer } from './writer.ts'

/** What is needed to look into a site's archive. */
export type LookNeeds = Needs<'host' | 'secrets' | 'site' | 'siteArchive'>

/** All facts that steps need or give. A step names those that it needs: `Needs<'host' | 'archive'>`. */
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
  ownership: Ownership
  roles: Roles
  freeSpace: FreeSpace
  site: Site
  siteArchive: SiteArchive
  limits: SiteLimits
  collection: Collection
  encryption: Encryption
  /** What lies outside of the site was saved into its companion folder; false where there is nothing, or it failed. */
  databaseSaved: boolean
  certificatesSaved: boolean
  webServerSaved: boolean
}

/** The facts of these names. */
export type Needs<Name extends keyof Facts> = Pick<Facts, Name>
