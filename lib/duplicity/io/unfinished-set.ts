import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { planBackup } from '../../core/backup-plan.ts'
import type { Collection, FileRef } from '../../core/collection.ts'
import { chainsOwnSince } from '../../core/epoch.ts'
import { printTime } from '../../core/restore-point.ts'
import { planUnfinished, type UnfinishedPlan, type UnfinishedSet } from '../../core/unfinished-set.ts'
import { diskTrouble, messageOf } from '../../core/wording.ts'
import { CommandFailed } from '../../engine/failure.ts'
import type { Shell } from '../../engine/shell.ts'
import { makeScratch } from '../../host/scratch.ts'
import { removeFile } from '../../host/whole-file.ts'
import { assertNotFull, recheckArchive } from '../../store/archive.ts'
import type { Needs } from '../../store/facts.ts'
import { filesOfSite } from '../../store/share-files.ts'
import { dropPartialWords, type Target } from '../args.ts'
import { parseName } from '../names.ts'
import { isLeftOver, withKeys } from './archive-dir.ts'
import { duplicityCall, targetOf } from './call.ts'
import { listArchive, readCollection } from './collection.ts'
import { closeSet, lookAtSent, markAgain, markCutOff, type NamedFile, type Sent, type SetFolders } from './cut-off.ts'

type UnfinishedNeeds = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'ownership' | 'collection' | 'limits' | 'freeSpace'>

/**
 * Sees to what a backup that was cut off has left, before the next begins; see planUnfinished(). After it, duplicity's
 * archive-dir holds no partial set.
 * @returns the collection as it is then
 * @throws when the archive is away or full, or gpg fails: the next run begins again with this
 */
export async function resolveUnfinished(facts: UnfinishedNeeds, shell: Shell): Promise<Collection> {
  const { host, site, siteArchive } = facts
  const target = targetOf(host, site.name, siteArchive, 'backup')
  const cache = target.archiveDir
  const names = await readdir(cache).catch(() => []) // there was no backup yet
  const local = named(
    names.map(name => ({ name, bytes: undefined })),
    facts,
  )
  await markAgain(facts.collection, facts, shell)
  const sets = [...Map.groupBy(local, keyOf).values()].filter(files => files.some(isLeftOver))
  if (sets.length === 0) return facts.collection
  await using scratch = makeScratch(host)
  for (const files of sets) {
    const fresh = { ...facts, collection: await readCollection(facts, shell), target }
    if (siteArchive.folder === undefined) await dropByDuplicity(files, fresh, cache, shell)
    else await resolveSet(files, { ...fresh, folders: { cache, archive: siteArchive.folder, scratch: scratch.path } }, shell)
  }
  return await readCollection(facts, shell)
}

const keyOf = ({ parts }: NamedFile): string => `${parts.baseTime ?? ''} ${parts.time}`

function named(files: readonly FileRef[], { siteArchive }: UnfinishedNeeds): NamedFile[] {
  return files.flatMap(file => {
    const parts = parseName(file.name, siteArchive.prefix)
    return parts ? [{ ...file, parts }] : []
  })
}

type ResolveFacts = UnfinishedNeeds & { readonly target: Target; readonly folders: SetFolders }
/** The set with its files here. */
type Unfinished = UnfinishedSet & { readonly local: readonly NamedFile[] }

async function resolveSet(local: readonly NamedFile[], facts: ResolveFacts, shell: Shell): Promise<void> {
  const { collection, folders, freeSpace, limits, site } = facts
  const archived = named(collection.files, facts).filter(file => keyOf(file) === keyOf(local[0]!))
  const sent = await lookAtSent(folders, { local, archived }, shell)
  await recheckArchive(facts.siteArchive, shell) // what could not be read there may be away
  const { kind, time, baseTime } = local[0]!.parts
  const set = { kind, time, baseTime, hasManifest: archived.some(isManifest), sent, local }
  const { frequencySeconds } = limits
  const ownSince = chainsOwnSince(facts.ownership.epoch)
  const backup = planBackup({ collection, frequencySeconds, now: shell.now(), fullBackups: freeSpace.fullBackups, ownSince })
  const plan = planUnfinished({ set, collection, backup, isDesktop: site.isDesktop === true })
  shell.note('significant', `the ${kind} set of ${printTime(time)} was cut off: ${WORDS[plan.kind]}, since ${plan.reason}`)
  if (plan.kind === 'drop') return await drop(set, facts, shell)
  if (plan.kind !== 'forget' && typeof sent !== 'string') await keep(plan.kind, set, sent, facts, shell)
  await removeLocal(local.filter(isLeftOver), folders.cache, shell)
}

const WORDS: Readonly<Record<UnfinishedPlan['kind'], string>> = {
  finish: 'it is finished',
  close: 'what was sent is kept, and completed by the next set',
  drop: 'it is removed',
  forget: 'what this host has of it is removed',
}

const isManifest = ({ parts }: NamedFile): boolean => parts.role === 'manifest'

/** Makes a finished set of what was sent, or drops it where that would fail every night. */
async function keep(kind: 'finish' | 'close', set: Unfinished, sent: Sent, facts: ResolveFacts, shell: Shell): Promise<void> {
  const { host, siteArchive, folders } = facts
  await shell.act('make a finished set of it', async () => {
    try {
      if (kind === 'close') await markCutOff(set.time, facts.collection, facts, shell)
      await withKeys(facts, shell, keys => closeSet(set, sent, { folders, siteArchive, keys }, shell))
    } catch (error) {
      if (shell.stop.aborted || diskTrouble(error) !== undefined || isOfGpg(error)) throw error
      await recheckArchive(siteArchive, shell)
      await assertNotFull(siteArchive, host, error, shell)
      shell.note('warning', `that failed, and ${WORDS[set.hasManifest ? 'forget' : 'drop']}: ${messageOf(error)}`)
      if (!set.hasManifest) await drop(set, facts, shell)
    }
  })
}

/** Without gpg no other backup could be made either. */
const isOfGpg = (error: unknown): boolean => error instanceof CommandFailed && /^gpg: /m.test(error.stderr)

/** Removes all files of a set that has no manifest in the archive, there and here. */
async function drop({ local }: Unfinished, facts: ResolveFacts, shell: Shell): Promise<void> {
  const { folders, siteArchive } = facts
  const archived = named(await listArchive(siteArchive, shell), facts).filter(file => keyOf(file) === keyOf(local[0]!))
  if (archived.some(isManifest)) throw new Error('a set with a manifest is not to be removed')
  for (const { name } of archived) await filesOfSite(siteArchive, shell)?.remove(name)
  await removeLocal(local, folders.cache, shell)
}

/** At a URL only duplicity can read or remove what was sent. What is left when even that fails, a cleanup removes. */
async function dropByDuplicity(
  local: readonly NamedFile[],
  { host, secrets, siteArchive, target }: Omit<ResolveFacts, 'folders'>,
  cache: string,
  shell: Shell,
) {
  if (!local.some(({ parts }) => parts.partial)) return await removeLocal(local.filter(isLeftOver), cache, shell)
  shell.note('significant', `a set was cut off: it is removed, since Holdfast cannot read at a URL what was sent of it`)
  try {
    await using call = await duplicityCall({ host, secrets, target, archive: siteArchive, access: 'writes' }, shell)
    await call.shell.act`${call.sandboxed(dropPartialWords(target))}`
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('warning', `duplicity did not remove it: ${messageOf(error)}`)
  }
  await removeLocal(local, cache, shell)
}

async function removeLocal(files: readonly NamedFile[], cache: string, shell: Shell): Promise<void> {
  if (files.length === 0) return
  await shell.act(`remove ${files.map(({ name }) => name).join(', ')} from ${cache}`, () => {
    for (const { name } of files) removeFile(join(cache, name))
  })
}
