import { join } from 'node:path'
import { formatAge } from '../core/age.ts'
import type { FileRef } from '../core/collection.ts'
import { newestSet } from '../core/collection.ts'
import { fileUrl, siteUrl } from '../duplicity/args.ts'
import { collectionOf } from '../duplicity/listing.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import type { Archive, SiteArchive } from './check-mount.ts'
import type { Needs } from './facts.ts'
import { readLimits } from './limits.ts'

/** Looks at a site's archive: its sets and chains, from the names and sizes of the files there, and the site's own limits. */
export const status: Step<Needs<'host' | 'archive' | 'site'>, Needs<'siteArchive' | 'collection' | 'limits'>> = {
  name: 'status',
  title: ({ site }) => `Status of ${site.name}`,
  run: async ({ host, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = collectionOf(await listArchive(siteArchive, shell))
    const { limits, problems } = readLimits(host, site)
    for (const problem of problems) shell.note('warning', `${site.name}: ${problem}`)
    const newest = newestSet(collection)
    const age = newest ? `newest backup ${formatAge(shell.now() - newest.time)} old` : 'no backup yet'
    shell.note(
      'info',
      `${collection.chains.length} chains, ${Math.ceil(collection.bytes / 1e6)} MB of ${limits.allowanceBytes / 1e6} MB, ${age}`,
    )
    return { siteArchive, collection, limits }
  },
}

/** Where a site's sets are. */
export function siteArchiveOf(archive: Archive, site: string): SiteArchive {
  if (archive.kind === 'url') return { folder: undefined, url: siteUrl(archive.base, site), options: archive.options }
  const folder = join(archive.root, site)
  return { folder, url: fileUrl(folder), options: [] }
}

/** The files of a site's archive folder, with their sizes. An archive that does not exist yet is empty. Listed by a process, since a dead server would hang this one. */
export async function listArchive({ folder }: SiteArchive, shell: Shell): Promise<readonly FileRef[]> {
  if (folder === undefined) return []
  const script = '[ -d "$1" ] || exit 0; exec find "$1" -maxdepth 1 -type f -printf "%s %f\\0"'
  return shell.with({ timeout: 60, onLine: () => {} }).ask(parseListing)`sh -c ${script} list ${folder}`
}

function parseListing(output: string): FileRef[] {
  const entries = output.split('\0').filter(entry => entry !== '')
  return entries.map(entry => ({ bytes: Number(entry.slice(0, entry.indexOf(' '))), name: entry.slice(entry.indexOf(' ') + 1) }))
}
