import type { Epoch } from '../core/epoch.ts'
import { claimsIn } from '../core/marker.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { isSiteName } from '../host/site.ts'
import type { Archive } from './archive.ts'
import { epochOf, releaseOf } from './epochs.ts'
import { unlessMissing } from './share-failure.ts'
import { ShareFiles } from './share-files.ts'
import type { WrittenClaims } from './written-claims.ts'

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

/**
 * What an archive says of all its sites, in one request to the share however many there are. A URL cannot be looked
 * into without duplicity: there, the markers here decide alone.
 */
export async function readArchivedClaims(archive: Archive, shell: Shell): Promise<ReadonlyMap<string, ArchivedClaims>> {
  if (archive.kind === 'url') return new Map()
  const files = new ShareFiles(archive.place ?? { base: archive.root, way: '' }, shell.quick)
  const found = (await files.claimsBelow().catch(unlessMissing)) ?? [] // an archive that a dry run would begin
  const sites = found
    .filter(([site]) => isSiteName(site))
    .map(([site, written]) => [site, read(files.of(site), written)] as const)
  return new Map(sites.filter(([, { claims, epoch, unreadable }]) => claims.length > 0 || epoch || unreadable))
}

function read(files: ShareFiles, written: WrittenClaims): ArchivedClaims {
  const claims = claimsIn(written.markers)
  const pathOf = (name: string): string => files.pathOf(name)
  let epoch: Epoch | undefined
  try {
    epoch = epochOf(written, pathOf)
    return { claims, epoch, releasedTo: releaseOf(written, epoch, pathOf)?.to }
  } catch (error) {
    return { claims, epoch, unreadable: messageOf(error) }
  }
}
