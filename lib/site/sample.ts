import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { deflate } from 'node:zlib'
import { type Compression, chooseSample, fittingCompression, type Sample, type Sampled } from '../core/compression.ts'
import { messageOf } from '../core/wording.ts'
import { patternsOf } from '../duplicity/io/exclusions.ts'
import { isLeftOut } from '../duplicity/selection.ts'
import type { Shell } from '../engine/shell.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import type { Site } from '../host/site.ts'
import { rememberOrTell } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { filesListed, type Tree } from './tree.ts'

const FILES = 64
const PIECE = 64 * 1024

/**
 * As the inventory says or, where that leaves it open, as a sample of its files tells when a chain is begun. What is
 * added to a chain is compressed as what it is added to.
 */
export async function compressionFor(
  host: Host,
  site: Site,
  { tree, isNewChain }: { readonly tree: Tree | undefined; readonly isNewChain: boolean },
  shell: Shell,
): Promise<Compression> {
  const setting = host.duplicity.compression
  if (setting !== 'auto') return setting
  const remembered = isNewChain ? undefined : readRecord(host, site.name).compression
  if (remembered !== undefined) return remembered
  const { compression, reason } = fittingCompression(await sampleOf(host, site, tree, shell))
  shell.note('info', reason)
  if (compression === 'default' || compression === 'none')
    await shell.act('remember how its sets are compressed', () =>
      rememberOrTell(shell, 'this host cannot remember how sets are compressed', () =>
        updateRecord(host, site.name, { compression }),
      ),
    )
  return compression
}

async function sampleOf(host: Host, site: Site, tree: Tree | undefined, shell: Shell): Promise<Sample | undefined> {
  if (tree === undefined) return undefined
  try {
    return await shell.look('compress pieces of its files', async () => {
      const pieces = piecesOf(site, await chooseSample(filesOf(host, site, tree), FILES))
      const compressed = await Promise.all(pieces.map(piece => promisify<Buffer, Buffer>(deflate)(piece)))
      const sum = (buffers: readonly Buffer[]): number => buffers.reduce((bytes, { length }) => bytes + length, 0)
      return { pieces: pieces.length, bytes: sum(pieces), compressed: sum(compressed) }
    })
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `cannot tell whether its files are worth compressing: ${messageOf(error)}`)
    return undefined
  }
}

async function* filesOf(host: Host, site: Site, tree: Tree): AsyncGenerator<Sampled> {
  const patterns = patternsOf(site)
  for await (const file of filesListed(host, site, tree))
    if (!isLeftOut(patterns, join(site.folder, file.path), false)) yield file
}

/** A piece out of the middle of each, as far as it still is a file. */
function piecesOf(site: Site, files: readonly Sampled[]): readonly Buffer[] {
  using opened = OpenedFolder.open(site.folder)
  return files.flatMap(({ path }) => {
    using folder = path.includes('/') ? opened.plainFolder(dirname(path)) : undefined
    using file = path.includes('/') && !folder ? undefined : (folder ?? opened).plainFile(basename(path))
    return file ? [file.part(Math.max(0, Math.floor((file.stat.size - PIECE) / 2)), PIECE)] : []
  })
}
