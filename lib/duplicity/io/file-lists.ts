import { type BackupSet, type Collection, setsOf } from '../../core/collection.ts'
import type { FileList, FileMark } from '../../core/site-state.ts'
import { messageOf } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import { COMPANION } from '../../host/companion.ts'
import { makeScratch } from '../../host/scratch.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { anyCopyOf } from './archive-dir.ts'
import { addSignatures } from './signature-file.ts'

/**
 * The files of a site in a set and in the one before it, by this host's copies of the signatures: nothing is fetched.
 * Undefined where some are missing, or a set holds only a part; there is none before the first.
 */
export async function fileListsOf(
  facts: LookNeeds,
  collection: Collection,
  set: BackupSet,
  shell: Shell,
): Promise<{ readonly before: FileList | undefined; readonly after: FileList } | undefined> {
  const sets = collection.chains.flatMap(setsOf).toSorted((a, b) => a.time - b.time)
  const previous = sets.findLast(({ time }) => time < set.time)
  const older = previous && signaturesFor(facts, collection, previous)
  const newer = signaturesFor(facts, collection, set)
  if (!newer) return undefined
  await using scratch = makeScratch(facts.host)
  const files = new Map<string, FileMark>()
  try {
    for (const path of older ?? []) await addSignatures(files, path, scratch.path, shell)
    const before = older && listOf(files)
    const continues = older?.every((path, at) => path === newer[at]) ?? false
    if (!continues) files.clear()
    for (const path of continues ? newer.slice(older!.length) : newer) await addSignatures(files, path, scratch.path, shell)
    return { before, after: listOf(files) }
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `which files changed cannot be told: ${messageOf(error)}`)
    return undefined
  }
}

/** What Holdfast itself puts beside the site's files is not the site's to change. */
const listOf = (files: ReadonlyMap<string, FileMark>): FileList =>
  new Map([...files].filter(([path]) => !path.startsWith(`${COMPANION}/`)))

/** This host's copies of the signatures that tell all files of a set, the full set's first. */
function signaturesFor(facts: LookNeeds, { chains }: Collection, set: BackupSet): readonly string[] | undefined {
  const chain = chains.find(each => setsOf(each).some(({ time }) => time === set.time))
  if (!chain || set.cutOff) return undefined
  const sets = setsOf(chain).filter(({ time }) => time <= set.time)
  const copies = sets.map(({ signatures }) => signatures && anyCopyOf(facts, signatures.name, {}))
  return copies.every(copy => copy !== undefined) ? copies : undefined
}
