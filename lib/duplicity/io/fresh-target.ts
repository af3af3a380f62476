import { copyFile, link, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder, removeOfDead } from '../../host/whole-file.ts'
import type { Host } from '../../inventory/schema.ts'
import type { SiteArchive } from '../../store/archive.ts'
import type { Target } from '../args.ts'
import { parseName } from '../names.ts'
import { targetOf } from './call.ts'

/** A target with an archive-dir of its own that goes when it is disposed of. */
export interface FreshTarget extends AsyncDisposable {
  readonly target: Target
}

/** A target with an empty archive-dir: what duplicity says follows from the archive alone. No call waits. */
export async function freshTarget(host: Host, site: string, archive: SiteArchive, parent: string): Promise<FreshTarget> {
  makeFolder(parent)
  removeOfDead(parent, /^holdfast-look-(\d+)-\w{6}$/)
  const cache = await mkdtemp(join(parent, `holdfast-look-${process.pid}-`))
  const target = {
    ...targetOf(host, site, archive, 'backup'),
    cache,
    name: 'look',
    archiveDir: join(cache, 'look'),
    logFile: join(cache, 'log'),
  }
  return { target, [Symbol.asyncDispose]: () => rm(cache, { recursive: true, force: true }) }
}

/**
 * Gives a fresh target this host's copies, so that `cleanup` need not read the archive anew: hard links of manifests
 * and signatures, less those of partial sets and of sets that are gone.
 */
export async function seed({ target }: FreshTarget, from: Target, archived: readonly string[], prefix: string): Promise<void> {
  const there = new Set(archived.map(stem))
  const [source, into] = [from.archiveDir, target.archiveDir]
  makeFolder(into)
  for (const name of await readdir(source).catch(() => [])) {
    const parts = parseName(name, prefix)
    if (!parts || parts.partial || !there.has(stem(name))) continue
    await link(join(source, name), join(into, name)).catch(() => copyFile(join(source, name), join(into, name)))
  }
}

/** A name without how it is packed: the local copy of `….manifest.gpg` is `….manifest`. */
const stem = (name: string): string => name.replace(/\.(gz|gpg)$/, '')
