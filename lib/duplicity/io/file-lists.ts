import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import type { FileInSet } from '../../core/bisection.ts'
import { type BackupSet, type Collection, newestSet, setsOf } from '../../core/collection.ts'
import type { FileList, FileMark } from '../../core/site-state.ts'
import { messageOf } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import { COMPANION } from '../../host/companion.ts'
import { OpenedFile } from '../../host/opened-file.ts'
import { makeScratch } from '../../host/scratch.ts'
import { rememberOrTell, siteState } from '../../host/state.ts'
import { writeWhole } from '../../host/whole-file.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { anyCopyOf, stampOf } from './archive-dir.ts'
import { addSignatures } from './signature-file.ts'

/**
 * A file in each set of an archive, oldest first, by this host's copies of the signatures: nothing is fetched.
 * @returns and the times of the sets of which it has none
 */
export async function fileHistory(
  facts: LookNeeds,
  { chains }: Collection,
  path: string,
  shell: Shell,
): Promise<{ readonly known: readonly FileInSet[]; readonly unknown: readonly number[] }> {
  await using scratch = makeScratch(facts.host)
  const [known, unknown]: [FileInSet[], number[]] = [[], []]
  for (const chain of chains) {
    const files = new Map<string, FileMark>()
    let isKnown = true
    for (const { time, signatures, cutOff } of setsOf(chain)) {
      const copy = signatures && anyCopyOf(facts, signatures.name, {})
      isKnown &&= copy !== undefined
      if (isKnown && copy) await addSignatures(files, copy, scratch.path, shell)
      if (cutOff) continue
      if (isKnown) known.push({ time, mark: files.get(path) })
      else unknown.push(time)
    }
  }
  return { known, unknown }
}

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
  const added = async (files: Map<string, FileMark>, signatures: readonly string[]): Promise<Map<string, FileMark>> => {
    for (const path of signatures) await addSignatures(files, path, scratch.path, shell)
    return files
  }
  try {
    const before = older && (remembered(facts, older) ?? (await added(new Map(), older)))
    const continues = older?.every((path, at) => path === newer[at]) ?? false
    const after = continues ? await added(new Map(before), newer.slice(older!.length)) : await added(new Map(), newer)
    if (set.time === newestSet(collection)?.time)
      rememberOrTell(shell, 'the files of the site are not remembered', () => remember(facts, newer, after))
    return { before: before && listOf(before), after: listOf(after) }
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `cannot tell which files changed: ${messageOf(error)}`)
    return undefined
  }
}

/** What Holdfast itself puts beside the site's files is not the site's to change. */
const listOf = (files: ReadonlyMap<string, FileMark>): FileList =>
  new Map([...files].filter(([path]) => !path.startsWith(`${COMPANION}/`)))

/** The list that some signatures tell, which take long to read: each chain has as many of them as sets. */
const [texts, numbers] = [z.array(z.string()), z.array(z.number())]
const memory = z.object({ signatures: texts, paths: texts, modifiedAt: numbers, hashes: numbers, forms: texts })

const memoryFile = ({ host, site }: LookNeeds): string => join(host.paths.state, `${siteState(site.name)}.files.gz`)
const marksOf = (signatures: readonly string[]): string[] => signatures.map(path => `${path} ${stampOf(path)}`)

function remember(facts: LookNeeds, signatures: readonly string[], files: ReadonlyMap<string, FileMark>): void {
  const marks = [...files.values()]
  const value: z.infer<typeof memory> = {
    signatures: marksOf(signatures),
    paths: [...files.keys()],
    modifiedAt: marks.map(({ modifiedAt }) => modifiedAt),
    hashes: marks.map(({ hash }) => hash),
    forms: marks.map(({ form }) => form),
  }
  writeWhole(memoryFile(facts), gzipSync(JSON.stringify(value), { level: 1 }))
}

/** Undefined where it is of others, or cannot be read: it can always be made anew. */
function remembered(facts: LookNeeds, signatures: readonly string[]): ReadonlyMap<string, FileMark> | undefined {
  try {
    using file = OpenedFile.openNamed(memoryFile(facts))
    const known = memory.parse(JSON.parse(gunzipSync(file.head(file.stat.size)).toString()))
    if (known.signatures.join() !== marksOf(signatures).join()) return undefined
    const { paths, modifiedAt, hashes, forms } = known
    return new Map(paths.map((path, at) => [path, { modifiedAt: modifiedAt[at]!, hash: hashes[at]!, form: forms[at]! }]))
  } catch {
    return undefined
  }
}

/** This host's copies of the signatures that tell all files of a set, the full set's first. */
function signaturesFor(facts: LookNeeds, { chains }: Collection, set: BackupSet): readonly string[] | undefined {
  const chain = chains.find(each => setsOf(each).some(({ time }) => time === set.time))
  if (!chain || set.cutOff) return undefined
  const sets = setsOf(chain).filter(({ time }) => time <= set.time)
  const copies = sets.map(({ signatures }) => signatures && anyCopyOf(facts, signatures.name, {}))
  return copies.every(copy => copy !== undefined) ? copies : undefined
}
