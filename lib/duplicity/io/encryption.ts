import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { primaryChain, setsOf } from '../../core/collection.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Request, Site } from '../../host/site.ts'
import type { Host } from '../../inventory/schema.ts'
import { readBackMetadata } from '../../store/archive-reader.ts'
import { type EncryptionMark, encryptionOf, MARKS, readMarks, writeMarks } from '../../store/encryption-marks.ts'
import type { LookNeeds, Needs } from '../../store/facts.ts'
import { filesOfSite, type ShareFiles } from '../../store/share-files.ts'
import { metadataNames } from '../known-files.ts'
import { parseName } from '../names.ts'
import { archiveDirOf, putPlaceholders, withKeys } from './archive-dir.ts'

/** How many manifests and signatures are tried where nothing tells with what they are encrypted: one may be damaged. */
const TRIED = 4
export const wordFor = ({ encryption }: Pick<Host, 'encryption'>): string =>
  ({ none: 'encryption', passphrase: 'passphrase', gpg: 'key' })[encryption.kind]

export function refusal(host: Host, { name, isDesktop }: Site, mark: EncryptionMark | undefined, request: Request): string {
  const found = host.encryption.kind === 'passphrase' ? 'the passphrase in .env' : `"encryption" in the inventory`
  const wanted = mark === undefined ? 'decrypts nothing of them' : `is not what ${MARKS} beside them tells`
  const [task, ...which] = isDesktop ? ['desktop'] : ['nightly', '--site', name]
  const command = request.command(task!, ...which, '--new-passphrase')
  return (
    `${found} is another than the newest backups of ${name} are encrypted with (it ${wanted}): no backup is made, for nobody could restore it. ` +
    `Put the former one back; or, if it was changed on purpose, begin a new chain with it, and keep the former one for the older backups: ${command}`
  )
}

/** Whether a manifest or signatures of the newest chain can be decrypted; another kind of encryption tells at once. */
export async function decrypts(facts: LookNeeds & Needs<'collection'>, shell: Shell): Promise<boolean> {
  const { host, siteArchive, collection } = facts
  const sets = setsOf(primaryChain(collection)!).toReversed()
  const isEncrypted = host.encryption.kind !== 'none'
  if (sets.some(({ encrypted }) => encrypted !== isEncrypted)) return false
  if (!isEncrypted) return true
  const metadata = sets.flatMap(({ manifest, signatures }) => [manifest, signatures]).filter(file => file !== undefined)
  const some = metadata.slice(0, TRIED).map(({ name, bytes = 0 }) => ({ name, bytes, copy: undefined }))
  const answers = await withKeys(facts, shell, keys => readBackMetadata(siteArchive.folder!, some, keys, shell))
  // with the public key alone nothing can be decrypted, and nobody can tell
  return answers.some(({ result }) => result === 'whole' || (result === 'sealed' && host.encryption.kind === 'gpg'))
}

/** The time since which an archive is encrypted with what it is now: what is older cannot be decrypted with that. */
export async function encryptedSince({ siteArchive }: Pick<LookNeeds, 'siteArchive'>, shell: Shell): Promise<number> {
  const files = filesOfSite(siteArchive, shell.quick)
  const marks = files === undefined ? [] : await readMarks(files)
  return marks.length > 1 ? marks.at(-1)!.since : 0
}

export async function addMark(
  { host, secrets }: Needs<'host' | 'secrets'>,
  files: ShareFiles,
  { marks, since }: { readonly marks: readonly EncryptionMark[]; readonly since: number },
): Promise<void> {
  await writeMarks(files, [...marks, { since, ...(await encryptionOf(host, secrets)) }])
}

/** Writes the first mark, once there is a set for it to be beside. */
export async function markEncryption(facts: LookNeeds & Needs<'collection' | 'encryption'>, shell: Shell): Promise<void> {
  const files = filesOfSite(facts.siteArchive, shell.quick)
  const chain = primaryChain(facts.collection)
  if (facts.encryption.isMarked || files === undefined || chain === undefined) return
  await addMark(facts, files, { marks: [], since: chain.full.time })
}

/** No set of the former passphrase is completed with the new one, nor is anything needed that it encrypted. */
export function leaveFormerChain(facts: LookNeeds & Needs<'collection'>): void {
  const archiveDir = archiveDirOf(facts)
  for (const name of existsSync(archiveDir) ? readdirSync(archiveDir) : [])
    if (parseName(name)?.partial) rmSync(join(archiveDir, name), { force: true })
  putPlaceholders(
    archiveDir,
    setsOf(primaryChain(facts.collection)!).flatMap(set => metadataNames(set)),
  )
}
