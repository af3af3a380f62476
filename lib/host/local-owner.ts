import { z } from 'zod'
import type { Epoch, KnownEpoch } from '../core/epoch.ts'
import { claimsIn, markerOf } from '../core/marker.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import { OpenedFolder } from './opened-folder.ts'
import { readRecord, updateRecord } from './records.ts'
import { removeTree } from './special-files.ts'

/** The file in a site's folder that says of which epoch it is: for people, and for a host whose memory is lost. */
const EPOCH_FILE = '.holdfast-epoch'

/** Bytes that are read of it. It is the site's own, and may hold anything. */
const MOST = 1_000_000

const schema = z.object({ number: z.int().positive(), owner: z.string() })

const epochFileText = (epoch: Epoch): string => `${JSON.stringify(epoch)}\n`

/** The epoch that a site's folder says it is of; undefined where it says nothing that could be read. */
export function epochFileIn(site: OpenedFolder): KnownEpoch | undefined {
  using file = site.plainFile(EPOCH_FILE)
  if (!file) return undefined
  try {
    return schema.parse(JSON.parse(file.head(MOST).toString('utf8')))
  } catch {
    return undefined
  }
}

function hasEpochFile(site: OpenedFolder, epoch: Epoch | undefined): boolean {
  using file = site.plainFile(EPOCH_FILE)
  return file !== undefined && epoch !== undefined && file.head(MOST).toString('utf8') === epochFileText(epoch)
}

/** Remembers that a site's folder is of this epoch now, in the folder and on this host. Nothing where that is known. */
export function rememberEpoch(host: Host, site: { readonly name: string; readonly folder: string }, epoch: Epoch): void {
  writeEpochFile(site.folder, epoch)
  const { number, owner } = epoch
  const known = readRecord(host, site.name).epoch
  if (known?.number !== number || known.owner !== owner) updateRecord(host, site.name, { epoch: { number, owner } })
}

function writeEpochFile(folder: string, epoch: Epoch): void {
  using site = OpenedFolder.openIfThere(folder)
  if (!site) return
  if (!hasEpochFile(site, epoch)) site.write(EPOCH_FILE, epochFileText(epoch), 0o644)
}

/** Has a site's folder on this host say who owns it, by its marker and its epoch. Nothing where there is no folder. */
export function markOwner(
  host: Host,
  site: { readonly name: string; readonly folder: string },
  owner: string,
  epoch?: Epoch,
): void {
  using folder = OpenedFolder.openIfThere(site.folder)
  if (!folder) return
  const claims = claimsIn(folder.names())
  if (!claims.includes(owner)) folder.create(markerOf(owner), 0o644)[Symbol.dispose]()
  for (const other of claims.filter(claim => claim !== owner)) folder.removeFile(markerOf(other))
  if (epoch) rememberEpoch(host, site, epoch)
}

/** The same of a restored tree, which a stranger may have made: whatever of such a name is in it goes. */
export async function markRestored(
  tree: OpenedFolder,
  { name: me }: Host,
  { epoch }: { readonly epoch?: Epoch | undefined },
  owner: string,
  shell: Shell,
): Promise<void> {
  const names = tree.names()
  for (const claim of claimsIn(names).filter(name => name !== owner)) await removeTree(tree, markerOf(claim), shell)
  if (!names.includes(markerOf(owner))) tree.create(markerOf(owner), 0o644)[Symbol.dispose]()
  // of another epoch, or of one that the archive has lost, the folder of its owner is none
  const isStale = !hasEpochFile(tree, epoch) && (epoch !== undefined || owner === me)
  if (isStale && names.includes(EPOCH_FILE)) await removeTree(tree, EPOCH_FILE, shell)
  if (isStale && epoch) tree.write(EPOCH_FILE, epochFileText(epoch), 0o644)
}
