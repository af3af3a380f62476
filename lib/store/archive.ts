import { join } from 'node:path'
import type { FullBackups } from '../core/backup-plan.ts'
import { messageOf, spaceText } from '../core/wording.ts'
import { filePrefixIn, fileUrl, siteUrl } from '../duplicity/args.ts'
import type { Shell } from '../engine/shell.ts'
import { leastFree } from '../host/disk.ts'
import type { Host } from '../inventory/schema.ts'
import type { ReadAhead } from './read-ahead.ts'
import { filesOfSite, ShareFiles } from './share-files.ts'
import { IDENTITY, IDENTITY_LIMIT, type SharePlace } from './share-place.ts'

declare const proven: unique symbol

/** An archive that was proven to be the one (S9), by check-mount only: no backup goes into a bare mount point. */
export type Archive = (
  | { readonly kind: 'folder'; readonly root: string; readonly place?: SharePlace }
  | { readonly kind: 'url'; readonly base: string; readonly options: readonly string[] }
) & {
  readonly [proven]: true
}

/** One site's part of the archive. */
export interface SiteArchive {
  /** Undefined for a URL. */
  readonly folder: string | undefined
  readonly url: string
  readonly options: readonly string[]
  /** What all names in it begin with, by `--file-prefix` among the options. */
  readonly prefix: string
  /** Where the archive around the folder is, and what proves that it is still the one. Undefined for a URL. */
  readonly place?: SharePlace
  /** What was read of the folder already. */
  readonly ahead?: ReadAhead
}

/**
 * Proves it again, before a site is looked at or written to: a share can go away in the middle of a run, and what is
 * left is the folder underneath, empty and writable.
 * @throws when the archive is not what check-mount found
 */
export async function recheckArchive({ place }: SiteArchive, shell: Shell): Promise<void> {
  if (place?.identity !== undefined) await new ShareFiles(place, shell.quick).text(IDENTITY, IDENTITY_LIMIT)
}

/** Where a site's sets are. */
export function siteArchiveOf(archive: Archive, site: string): SiteArchive {
  if (archive.kind === 'url') {
    const { base, options } = archive
    return { folder: undefined, url: siteUrl(base, site), options, prefix: filePrefixIn(options) }
  }
  const folder = join(archive.root, site)
  return {
    folder,
    url: fileUrl(folder),
    options: [],
    prefix: '',
    ...(archive.place === undefined ? {} : { place: archive.place }),
  }
}

declare const checked: unique symbol

/** What a host encrypts with fits the newest chain, or begins a new one. Only {@link checkEncryption} finds it. */
export interface Encryption {
  readonly [checked]: true
  /** A chain that was begun before is of another passphrase or key: nothing is added to it. Ms since the epoch. */
  readonly since: number
  /** It is written beside the sets. */
  readonly isMarked: boolean
}

/** What the archive has free. */
export interface FreeSpace {
  /** Undefined where nothing can tell: a URL. */
  readonly bytes: number | undefined
  /** Whether a full backup may start (S10), and why not. */
  readonly fullBackups: FullBackups
}

/**
 * The bytes that are free in the archive; undefined where it does not tell. A new one in a dry run is not there yet.
 */
export const freeBytes = async (archive: Archive, shell: Shell): Promise<number | undefined> =>
  archive.kind === 'url'
    ? undefined
    : (await new ShareFiles(archive.place ?? { base: archive.root, way: '' }, shell.quick).disk())?.free

/** Whether the archive has no room for even one volume: no backup can be made there before something has gone. */
export const isFull = (host: Pick<Host, 'duplicity'>, { bytes }: Pick<FreeSpace, 'bytes'>): boolean =>
  bytes !== undefined && bytes < leastFree(host)

/** @throws when a write to the archive failed because its disk is full: over SSH that is an I/O error like any other */
export async function assertNotFull(archive: SiteArchive, host: Host, failure: unknown, shell: Shell): Promise<void> {
  const disk = await filesOfSite(archive, shell.quick)
    ?.disk()
    .catch(() => undefined) // the failure says more than that
  if (disk === undefined || disk.free >= leastFree(host)) return
  const space = spaceText(disk.free, leastFree(host))
  throw new Error(`the disk of the archive is full: ${space} for a volume: ${messageOf(failure)}`)
}
