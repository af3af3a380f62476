import type { Epoch } from '../core/epoch.ts'
import { claimsIn, MARKER } from '../core/marker.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { isSiteName } from '../host/site.ts'
import type { Archive } from './archive.ts'
import { EPOCH, foldersToRead, highestOf, MOST, RELEASE, releaseIn } from './epochs.ts'
import { ShareFiles, unlessMissing } from './share-files.ts'

/** What an archive says of whose a site is. */
export interface ArchivedClaims {
  /** The hosts that its markers name. */
  readonly claims: readonly string[]
  readonly epoch?: Epoch | undefined
  /** The host to which the owner of that epoch has released it. */
  readonly releasedTo?: string | undefined
  /** Why its epoch, or its release, cannot be read. */
  readonly unreadable?: string
}

/** Names beside a site's sets that say whose it is. */
const SAYING = [MARKER, EPOCH, RELEASE]

/**
 * What an archive says of all its sites, in three requests to the share however many there are. A URL cannot be looked
 * into without duplicity: there, the markers here decide alone.
 */
export async function readArchivedClaims(archive: Archive, shell: Shell): Promise<ReadonlyMap<string, ArchivedClaims>> {
  if (archive.kind === 'url') return new Map()
  const files = new ShareFiles(archive.place ?? { base: archive.root, way: '' }, shell.quick)
  const found = await files.namesBelow(SAYING).catch(unlessMissing) // an archive that a dry run would begin
  const sites = [...(found ?? [])].filter(([site, names]) => names.length > 0 && isSiteName(site))
  const epochs = await heldOf(
    files,
    sites.flatMap(([site, names]) => foldersToRead(names).map(folder => `${site}/${folder}`)),
  )
  const claims = sites.map(([site, names]) => [site, claimsOf(files, site, names, epochs)] as const)
  const releases = await heldOf(
    files,
    claims.flatMap(([site, { epoch }]) => {
      const folder = `${RELEASE}${epoch?.number ?? 0}`
      return found?.get(site)?.includes(folder) ? [`${site}/${folder}`] : []
    }),
  )
  const released = claims.map(([site, claim]) => [site, withRelease(files, site, claim, releases)] as const)
  return new Map(released.filter(([, { claims, epoch, unreadable }]) => claims.length > 0 || epoch || unreadable))
}

type HeldByPath = ReadonlyMap<string, Parameters<typeof releaseIn>[0]>

async function heldOf(files: ShareFiles, paths: readonly string[]): Promise<HeldByPath> {
  if (paths.length === 0) return new Map()
  const held = await files.held(paths, MOST)
  return new Map(paths.map((path, at) => [path, held[at] ?? []]))
}

function claimsOf(files: ShareFiles, site: string, names: readonly string[], epochs: HeldByPath): ArchivedClaims {
  const claims = claimsIn(names)
  const folders = foldersToRead(names)
  if (folders.length === 0) return { claims }
  try {
    const read = folders.map(folder => ({ folder, held: epochs.get(`${site}/${folder}`) ?? [] }))
    return { claims, epoch: highestOf(read, folder => files.pathOf(`${site}/${folder}`)) }
  } catch (error) {
    return { claims, unreadable: messageOf(error) }
  }
}

function withRelease(files: ShareFiles, site: string, claim: ArchivedClaims, releases: HeldByPath): ArchivedClaims {
  const path = `${site}/${RELEASE}${claim.epoch?.number ?? 0}`
  try {
    const release = releaseIn(releases.get(path) ?? [], files.pathOf(path))
    return release ? { ...claim, releasedTo: release.to } : claim
  } catch (error) {
    return { ...claim, unreadable: messageOf(error) }
  }
}
