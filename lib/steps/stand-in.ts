import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeFolder } from '../host/whole-file.ts'

/** An empty manifest, and an empty tar archive of signatures, as they would be in duplicity's archive-dir. */
const STAND_INS = {
  manifest: Buffer.from('Hostname none\nLocaldir none\n'),
  signatures: gzipSync(Buffer.alloc(10_240)),
}

/**
 * Puts stand-ins into an archive-dir for manifests and signatures that cannot be read, or are not needed: duplicity fetches what is missing there from the archive before it does
 * anything, and ends when that is damaged, also where it would only restore an older set, or begin a new chain.
 * @param names as in the archive; what is there already stays
 */
export function putStandIns(archiveDir: string, names: readonly string[]): void {
  makeFolder(archiveDir)
  for (const name of names) {
    const file = join(archiveDir, copyName(name))
    if (!statSync(file, { throwIfNoEntry: false })) writeFileSync(file, standInFor(name), { mode: 0o600 })
  }
}

/** Whether a file of an archive-dir is one that stands in for another. */
export function isStandIn(archiveDir: string, name: string): boolean {
  const [file, content] = [join(archiveDir, copyName(name)), standInFor(name)]
  return statSync(file, { throwIfNoEntry: false })?.size === content.length && readFileSync(file).equals(content)
}

const isSignatures = (name: string): boolean => /\.sigtar(\.gz|\.gpg)?$/.test(name)
const standInFor = (name: string): Buffer => (isSignatures(name) ? STAND_INS.signatures : STAND_INS.manifest)

/** The name of a file of the archive in an archive-dir: there nothing is encrypted, and only signatures are compressed. */
export const copyName = (name: string): string => name.replace(/\.(gz|gpg)$/, '') + (isSignatures(name) ? '.gz' : '')
