import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { newestSet, primaryChain, setsOf } from '../core/collection.ts'
import { type EncryptionMark, markAt } from '../core/encryption-mark.ts'
import { printTime, type RestorePoint } from '../core/restore-point.ts'
import { filePrefixIn } from '../duplicity/args.ts'
import { metadataNames } from '../duplicity/known-files.ts'
import { parseName } from '../duplicity/names.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import type { Host } from '../inventory/schema.ts'
import { encryptionOf, isEncryptionOf, MARKS, readMarks, writeMarks } from '../store/encryption-marks.ts'
import { readBackMetadata } from '../store/metadata.ts'
import { filesOfSite, type ShareFiles } from '../store/share-files.ts'
import type { LookNeeds } from './collection.ts'
import type { Needs, Request, Site } from './facts.ts'
import { archiveDirOf, withKeys } from './metadata.ts'
import { putStandIns } from './stand-in.ts'

declare const checked: unique symbol

/** What a host encrypts with is what the newest chain is encrypted with, or begins a new one. Only {@link checkEncryption} finds it. */
export interface Encryption {
  readonly [checked]: true
  /** A chain that was begun before is of another passphrase or key: nothing is added to it. Ms since the epoch. */
  readonly since: number
  /** It is written beside the sets. */
  readonly isMarked: boolean
}

/** A person says that the passphrase or key was changed on purpose. */
export interface EncryptionRequest {
  readonly newPassphrase: boolean
}

type CheckNeeds = LookNeeds & Needs<'collection' | 'request'> & EncryptionRequest

/** How many manifests and signatures are tried where nothing tells with what they are encrypted: one may be damaged. */
const TRIED = 4

/**
 * Makes sure that what this host encrypts with is what the newest chain is encrypted with, by a mark beside the sets that tells it and is worthless to who reads it; where there is
 * none, by decrypting a manifest of that chain. duplicity would notice nothing: it has copies of all that it reads, and a chain of two passphrases restores with neither.
 * @throws when it is another, unless a person said that it was changed: then a new chain is begun
 */
export const checkEncryption: Step<CheckNeeds, Needs<'encryption'>> = {
  name: 'encryption',
  title: ({ host }) => `Check the ${wordFor(host)}`,
  run: async (facts, shell) => {
    const { host, secrets, site, siteArchive, collection, request, newPassphrase } = facts
    const files = filesOfSite(siteArchive, shell.quick)
    const chain = primaryChain(collection)
    if (files === undefined || chain === undefined) return proven(0, false)
    const marks = await readMarks(files)
    const mark = marks.at(-1)
    const isSame = mark === undefined ? await decrypts(facts, shell) : await isEncryptionOf(mark, host, secrets)
    if (isSame) {
      if (mark === undefined) await addMark(facts, files, { marks, since: chain.full.time })
      return proven(mark?.since ?? 0, true)
    }
    if (!newPassphrase) throw new Error(refusal(host, site, mark, request))
    const since = Math.max(shell.now(), newestSet(collection)!.time + 1000)
    await shell.act('leave the former chain', () => leaveFormerChain(facts))
    await addMark(facts, files, { marks: mark === undefined ? [] : marks, since })
    const until = `what was backed up until ${printTime(newestSet(collection)!.time)} can be read with the former one only`
    shell.note('significant', `a new ${wordFor(host)}: a new chain is begun, and ${until}`)
    return proven(since, true)
  },
}

const proven = (since: number, isMarked: boolean) => ({ encryption: { since, isMarked } as Encryption })
const wordFor = ({ encryption }: Pick<Host, 'encryption'>): string =>
  ({ none: 'encryption', passphrase: 'passphrase', gpg: 'key' })[encryption.kind]

function refusal(host: Host, { name, isDesktop }: Site, mark: EncryptionMark | undefined, request: Request): string {
  const found = host.encryption.kind === 'passphrase' ? 'the passphrase in .env' : `"encryption" in the inventory`
  const wanted = mark === undefined ? 'decrypts nothing of them' : `is not what ${MARKS} beside them tells`
  const [task, ...which] = isDesktop ? ['desktop'] : ['nightly', '--site', name]
  const command = request.command(task!, ...which, '--new-passphrase')
  return (
    `${found} is another than the newest backups of ${name} are encrypted with (it ${wanted}): no backup is made, for nobody could restore it. ` +
    `Put the former one back; or, if it was changed on purpose, begin a new chain with it, and keep the former one for the older backups: ${command}`
  )
}

/** Whether a manifest or signatures of the newest chain can be decrypted, the newest first; signs of another kind of encryption tell at once. */
async function decrypts(facts: LookNeeds & Needs<'collection'>, shell: Shell): Promise<boolean> {
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

async function addMark(
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

/** A set that was begun with the former passphrase must not be completed with the new one; nor is what it encrypted asked for, where this host has no copy. */
function leaveFormerChain(facts: LookNeeds & Needs<'collection'>): void {
  const archiveDir = archiveDirOf(facts)
  const prefix = filePrefixIn(facts.siteArchive.options)
  for (const name of existsSync(archiveDir) ? readdirSync(archiveDir) : [])
    if (parseName(name, prefix)?.partial) rmSync(join(archiveDir, name), { force: true })
  putStandIns(
    archiveDir,
    setsOf(primaryChain(facts.collection)!).flatMap(set => metadataNames(set, prefix)),
  )
}

/** Makes sure, before anything is fetched, that this host can decrypt a restore point. @throws when it cannot */
export const checkDecryption: Step<LookNeeds & { readonly point: RestorePoint }, void> = {
  name: 'encryption',
  title: ({ host }) => `Check the ${wordFor(host)}`,
  run: async ({ host, secrets, site, siteArchive, point }, shell) => {
    const files = filesOfSite(siteArchive, shell.quick)
    const marks = files === undefined ? [] : await readMarks(files)
    const mark = markAt(marks, point.chain.full.time)
    if (mark === undefined || (await isEncryptionOf(mark, host, secrets))) return
    const next = marks[marks.indexOf(mark) + 1]
    const former = next === undefined ? 'another' : `the one that was used until ${printTime(next.since)}`
    throw new Error(
      `the backup of ${site.name} of ${printTime(point.time)} is encrypted with another ${wordFor(host)} than this host has (${MARKS} beside the sets tells): it can be restored with ${former}`,
    )
  },
}
