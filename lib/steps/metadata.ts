import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { AuditedFiles } from '../core/known-file.ts'
import { encryptWords, filePrefixIn } from '../duplicity/args.ts'
import { volumesListed } from '../duplicity/known-files.ts'
import { parseManifest } from '../duplicity/manifest.ts'
import { parseName } from '../duplicity/names.ts'
import type { Shell } from '../engine/shell.ts'
import { makeGpgHome } from '../host/gpg-home.ts'
import { makeScratch } from '../host/scratch.ts'
import { secretOf } from '../inventory/secrets.ts'
import type { Keys } from '../store/metadata.ts'
import type { LookNeeds } from './collection.ts'
import { targetOf } from './duplicity.ts'
import { copyName, isStandIn } from './stand-in.ts'

/** Where duplicity keeps its copies of the manifests and signatures of a site's archive on this host. */
export function archiveDirOf({ host, site, siteArchive }: Omit<LookNeeds, 'secrets'>): string {
  const { cache, name } = targetOf(host, site.name, siteArchive, 'backup')
  return join(cache, name)
}

/** Does something with what this host needs to decrypt what it has in an archive, and to encrypt it again. */
export async function withKeys<Answer>(facts: LookNeeds, shell: Shell, work: (keys: Keys) => Promise<Answer>): Promise<Answer> {
  const { host, secrets, site, siteArchive } = facts
  const { encryption } = host
  const secret = encryption.kind === 'none' || encryption.secret === undefined ? undefined : secretOf(secrets, encryption.secret)
  const encrypt = encryptWords(targetOf(host, site.name, siteArchive, 'backup'))
  // a passphrase needs no keyring: any folder of the sandbox will do
  if (encryption.kind !== 'gpg') return await work({ secret, encrypt, places: { env: { GNUPGHOME: '/tmp' } } })
  await using scratch = makeScratch(host)
  return await work({ secret, encrypt, places: await makeGpgHome(encryption, join(scratch.path, 'gnupg'), shell) })
}

/**
 * The path of this host's copy of a manifest or of signatures. Undefined where it has none that is whole: one that stands in for another, or a manifest that does not list the
 * volumes that were written.
 */
export function copyOf(facts: Omit<LookNeeds, 'secrets'>, name: string, known: AuditedFiles): string | undefined {
  const archiveDir = archiveDirOf(facts)
  const file = join(archiveDir, copyName(name))
  if (!statSync(file, { throwIfNoEntry: false })?.isFile() || isStandIn(archiveDir, name)) return undefined
  const prefix = filePrefixIn(facts.siteArchive.options)
  if (parseName(name, prefix)?.role !== 'manifest') return file
  return listsWhatIsKnown(file, name, known, prefix) ? file : undefined
}

function listsWhatIsKnown(file: string, name: string, known: AuditedFiles, prefix: string): boolean {
  try {
    const listed = volumesListed(name, parseManifest(readFileSync(file, 'utf8')), Object.keys(known), prefix)
    return Object.entries(listed).every(([volume, { sha1 }]) => (known[volume]?.sha1 ?? sha1) === sha1)
  } catch {
    return false
  }
}
