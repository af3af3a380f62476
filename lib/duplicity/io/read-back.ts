import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { AuditedFile, AuditedFiles, KnownFiles } from '../../core/audit.ts'
import type { Collection } from '../../core/collection.ts'
import { withMarksOf } from '../../core/set-record.ts'
import type { Shell } from '../../engine/shell.ts'
import { rememberOrTell } from '../../host/state.ts'
import { recheckArchive } from '../../store/archive.ts'
import { type Keys, type Metadata, putBackMetadata } from '../../store/archive-files.ts'
import { type ReadBack, readBackMetadata } from '../../store/archive-reader.ts'
import { withFiles, writeAuditedFiles } from '../../store/audited-files.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { ShareFailure } from '../../store/share-failure.ts'
import { filesOfSite } from '../../store/share-files.ts'
import {
  damageOf,
  differenceFrom,
  filesListed,
  filesOfOtherSets,
  filesOfSetsLeft,
  notKnownYet,
  volumesListed,
} from '../known-files.ts'
import { parseManifest } from '../manifest.ts'
import { parseName } from '../names.ts'
import { anyCopyOf, archiveDirOf, copyOf, leftOverIn, stampOf, withKeys } from './archive-dir.ts'
import { listCollection, withKnown } from './collection.ts'
import { encryptedSince } from './encryption.ts'

/**
 * Remembers what is known of an archive's files; of a set whose backup was cut off nothing, for its end is written
 * again. Gives the collection by that, with the marks of its sets.
 */
export async function rememberFiles(
  facts: LookNeeds,
  { known, news, listed, collection }: { known: AuditedFiles; news: AuditedFiles; listed: Collection; collection: Collection },
  shell: Shell,
): Promise<Collection> {
  const { host, site } = facts
  const left = filesOfSetsLeft(withFiles(known, news), listed)
  const all = filesOfOtherSets(withFiles(filesListed(listed), left), await leftOverIn(archiveDirOf(facts)))
  const isNew = Object.keys(news).length > 0 || Object.keys(all).toSorted().join() !== Object.keys(known).toSorted().join()
  if (isNew)
    await shell.act('remember the files of the archive', () =>
      rememberOrTell(shell, 'what is in the archive cannot be remembered', () => writeAuditedFiles(host, site.name, all)),
    )
  return withMarksOf(withKnown(listed, all), collection)
}

/** What reading some manifests and signatures back came to. */
export interface ReadingBack {
  /** More that is known of these files, and of the volumes that the manifests list. */
  readonly news: AuditedFiles
  /** The archive as it is now. */
  readonly listed: Collection
  /** Something was put back. */
  readonly isRepaired: boolean
}

/**
 * Reads manifests and signatures back from the archive and compares them with this host's copies, by which what is
 * damaged there is repaired.
 * @param names of the files, which may be missing
 */
export async function readBack(
  facts: LookNeeds,
  names: readonly string[],
  { known, listed }: { readonly known: AuditedFiles; readonly listed: Collection },
  shell: Shell,
): Promise<ReadingBack> {
  if (names.length === 0) return { news: {}, listed, isRepaired: false }
  return await withKeys(facts, shell, keys => readBackWith(keys, facts, names, { known, listed }, shell))
}

async function readBackWith(
  keys: Keys,
  facts: LookNeeds,
  names: readonly string[],
  { known, listed }: { readonly known: AuditedFiles; readonly listed: Collection },
  shell: Shell,
): Promise<ReadingBack> {
  const look = { facts, keys, known, shell, since: await encryptedSince(facts, shell) }
  const first = await readAll(look, names, listed, 'hashes')
  const repairable = first.filter(({ copy, isGood }) => !isGood && copy !== undefined)
  if (repairable.length === 0) return { news: newsOf(look, first, listed), listed, isRepaired: false }
  for (const { copy, name, wrong, bytes } of repairable) {
    await putBackMetadata(facts.siteArchive.folder!, { copy, name, bytes }, keys, shell)
    const [damage] = damageOf(name, wrong)
    shell.note('significant', `${damage?.text ?? name}; it was restored from this host's copy`)
  }
  const now = await listCollection(facts.siteArchive, shell)
  const repaired = new Set(repairable.map(({ name }) => name))
  const second = await readAll(look, [...repaired], now, 'copies')
  return {
    news: newsOf(look, [...first.filter(({ name }) => !repaired.has(name)), ...second], now),
    listed: now,
    isRepaired: true,
  }
}

interface Look {
  readonly facts: LookNeeds
  readonly keys: Keys
  readonly known: AuditedFiles
  readonly shell: Shell
  /** What is older is encrypted with another passphrase or key. */
  readonly since: number
}

/** One file, as it was found. */
type Found = Metadata & {
  readonly sha256: string | undefined
  readonly isGood: boolean
  readonly isSame: boolean
  readonly wrong: string
}

/** @param trusting `copies` after they were put back, with other hashes; else the recorded hash counts */
async function readAll(
  { facts, keys, known, shell, since }: Look,
  names: readonly string[],
  listed: Collection,
  trusting: 'hashes' | 'copies',
): Promise<Found[]> {
  const there = new Map(listed.files.map(file => [file.name, file]))
  const isFormer = (name: string): boolean => (parseName(name)?.time ?? since) < since
  const files = names.map(name => ({
    name,
    bytes: there.get(name)?.bytes ?? 0,
    copy: isFormer(name) ? undefined : anyCopyOf(facts, name, known),
  }))
  const present = files.filter(({ name }) => there.has(name))
  const same = await sameAsCopies(facts, present, shell)
  const others = present.filter(({ name }) => !same.some(each => each.name === name))
  const answers = [...same, ...(await readBackMetadata(facts.siteArchive.folder!, others, keys, shell))]
  // that a share went away says more than that its files did
  if (answers.some(({ result }) => result === 'unread')) await recheckArchive(facts.siteArchive, shell)
  return files.map(file => {
    const answer = answers.find(({ name }) => name === file.name)
    const wanted = known[file.name]?.sha256
    const isAsKnown = answer?.sha256 !== undefined && answer.sha256 === wanted
    const isReadable = answer?.result === 'whole' || answer?.result === 'sealed' || (answer !== undefined && isFormer(file.name))
    const isSame = answer?.result === 'same'
    const isGood =
      isAsKnown || (isSame && (trusting === 'copies' || wanted === undefined)) || (isReadable && wanted === undefined)
    const difference = differenceFrom(known[file.name] ?? {}, there.get(file.name))
    // a copy that is the same as what is damaged was made from it
    const whole = isSame ? undefined : copyOf(facts, file.name, known)
    const copy = isGood ? file.copy : file.copy && whole
    return { ...file, copy, sha256: answer?.sha256, isGood, isSame, wrong: difference ?? wrongIn(answer!) }
  })
}

/** Bytes up to which a file is hashed by the process that works on shares, which answers one request at a time. */
const SMALL = 1_000_000

/** The files that are this host's copies, byte for byte: to know it, nothing is decrypted or unpacked. */
async function sameAsCopies({ siteArchive }: LookNeeds, files: readonly Metadata[], shell: Shell): Promise<readonly ReadBack[]> {
  const small = files.filter(({ name, bytes, copy }) => copy !== undefined && !name.endsWith('.gpg') && bytes <= SMALL)
  const names = small.map(({ name }) => name)
  const hashes = await hashesOf(siteArchive, names, shell)
  const same = small.flatMap(({ copy, ...file }, at) => {
    const sha256 = createHash('sha256').update(readFileSync(copy!)).digest('hex')
    return hashes[at] === sha256 ? [{ ...file, sha256, result: 'same' as const, said: '' }] : []
  })
  shell.transferred({ read: same.reduce((sum, { bytes }) => sum + bytes, 0) })
  return same
}

/** Files whose hashes are asked for at once: a request has the time of a look. */
const AT_ONCE = 10

/** None of those for which a slow share took too long: they are read in another way. */
async function hashesOf(siteArchive: LookNeeds['siteArchive'], names: readonly string[], shell: Shell) {
  const hashes: (string | null)[] = []
  for (let at = 0; at < names.length; at += AT_ONCE)
    try {
      hashes.push(...(await filesOfSite(siteArchive, shell.quick)!.hashes(names.slice(at, at + AT_ONCE), SMALL)))
    } catch (error) {
      if (error instanceof ShareFailure && !shell.stop.aborted) break
      throw error
    }
  return hashes
}

const wrongIn = ({ result, said, name }: ReadBack): string =>
  ({
    different: "is not what was written: it differs from this host's copy",
    whole: 'is not what was written, by its hash',
    sealed: 'is not what was written, by its hash',
    damaged: `cannot be ${name.endsWith('.gpg') ? 'decrypted' : 'unpacked'}${said === '' ? '' : `: ${said}`}`,
    unread: `cannot be read: ${said}`,
    same: "is not what was written, by its hash, and this host's copy was made from it",
  })[result]

function newsOf({ known, shell }: Look, found: readonly Found[], listed: Collection): AuditedFiles {
  const readAt = shell.now()
  const there = new Map(listed.files.map(file => [file.name, file]))
  const files = found
    .filter(({ name }) => there.has(name))
    .map(({ name, sha256, isGood, isSame, copy, wrong }): [string, AuditedFile] => {
      const { bytes, modifiedAt } = there.get(name)!
      const stamp = isSame && copy !== undefined ? { copy: stampOf(copy) } : {}
      return [name, isGood ? { bytes, sha256, readAt, wrong: undefined, ...stamp } : { readAt, wrong, wrongSince: modifiedAt }]
    })
  const manifests = found.filter(({ name, isGood }) => isGood && parseName(name)?.role === 'manifest')
  const names = [...there.keys(), ...Object.keys(known)]
  const volumes: KnownFiles = Object.assign({}, ...manifests.map(({ name, copy }) => volumesIn(name, copy, names)))
  return { ...notKnownYet(volumes, known), ...Object.fromEntries(files) }
}

const volumesIn = (name: string, copy: string | undefined, names: readonly string[]): KnownFiles =>
  copy === undefined ? {} : volumesListed(name, parseManifest(readFileSync(copy, 'utf8')), names)
