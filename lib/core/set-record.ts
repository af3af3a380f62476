import type { BackupSet, Chain, Collection } from './collection.ts'
import { ownTest, type SetAnswer, type SetTest } from './page.ts'
import type { SiteNeeds } from './site-needs.ts'
import type { SiteState } from './site-state.ts'

/** What is written down of a set beside the sets. Older versions wrote less, and the file may be lost. */
export interface SetRecord {
  /** Ms since the epoch. */
  readonly time: number
  readonly host?: string | undefined
  /** The epoch of the site in which it did. */
  readonly epoch?: number | undefined
  /** How large the site was; see {@link TreeSize}. */
  readonly files?: number | undefined
  readonly bytes?: number | undefined
  readonly dump?: DumpSize | undefined
  /** The rows of WordPress's core tables in its dump; none for a site without WordPress. */
  readonly rows?: Readonly<Record<string, number>> | undefined
  readonly isEmpty?: boolean | undefined
  /** That the site had shrunk against the newest set before it that was as it should be; see shrinkage.ts. */
  readonly shrunken?: readonly string[] | undefined
  /** A person said that this is right. */
  readonly confirmed?: boolean | undefined
  readonly needs?: SiteNeeds | undefined
  /** Its files in the archive, as they were read back when it was made; checked by who asks for them, storedIn(). */
  readonly stored?: unknown
  /** Its backup was cut off, and it holds only a part of the tree. */
  readonly cutOff?: true | undefined
  readonly answer?: SetAnswer | undefined
  /** What came of its restores into a sandbox, one of each question. */
  readonly tests?: readonly SetTest[] | undefined
  /** The site was found to be as it is in the set until then, ms since the epoch: no later set was needed. */
  readonly unchangedUntil?: number | undefined
  /** What could not be read when it was made, from the site's folder on; the empty path is all of it. See unread.ts. */
  readonly unread?: readonly string[] | undefined
  readonly state?: SiteState | undefined
  /** What shows that an accident or an attack changed it, in this night or in one before it; see alarm.ts. */
  readonly suspect?: readonly string[] | undefined
}

/** What of it is shown, and decided by, with the set itself. */
const MARKS = ['cutOff', 'answer', 'unread', 'tested', 'state', 'suspect', 'unchangedUntil'] as const
type Marks = Pick<BackupSet, (typeof MARKS)[number]>

function marksOf(of: { [Mark in keyof Marks]: Marks[Mark] | undefined }): Marks {
  const marks: Record<string, unknown> = {}
  for (const mark of MARKS) if (of[mark]) marks[mark] = of[mark]
  return marks
}

/** Where nobody asked the site, a set that worked in a sandbox counts. A failure may be the sandbox's. */
function marksIn({ tests, answer, cutOff, unread, state, suspect, unchangedUntil }: SetRecord): Marks {
  const tested = ownTest(tests)
  const known = answer ?? (tested?.works ? { works: true, said: tested.said } : undefined)
  return marksOf({ cutOff, answer: known, unread, tested, state, suspect, unchangedUntil })
}

export interface TreeSize {
  /** Files, folders and links, less the exclusions. */
  readonly files: number
  /** Their sizes together, as `stat` gives them. */
  readonly bytes: number
  /** Its database dump, which is one of the files; absent where it has none. */
  readonly dump?: DumpSize | undefined
}

export interface DumpSize {
  readonly bytes: number
  /** The largest of several; all where it is one. */
  readonly largest?: number | undefined
  /** Some tables are compressed, not InnoDB's, or kept elsewhere: they may be far smaller than the dump. */
  readonly packed: boolean
}

/** How large the site was in the set of this time; undefined where nobody wrote that down. */
export function treeSizeIn(records: readonly SetRecord[], time: number): TreeSize | undefined {
  const { files, bytes, dump } = records.find(record => record.time === time) ?? {}
  return files === undefined || bytes === undefined ? undefined : { files, bytes, ...(dump && { dump }) }
}

export const withRecords = (collection: Collection, records: readonly SetRecord[]): Collection =>
  withMarks(
    collection,
    records.map(record => [record.time, marksIn(record)]),
  )

/** A collection that was listed anew, with what was known of the sets of the one before. */
export const withMarksOf = (collection: Collection, before: Collection): Collection =>
  withMarks(
    collection,
    before.chains.flatMap(chain => [chain.full, ...chain.incrementals]).map(set => [set.time, marksOf(set)]),
  )

function withMarks(collection: Collection, known: readonly (readonly [time: number, marks: Marks])[]): Collection {
  const marks = new Map<number, Marks>()
  for (const [time, each] of known) marks.set(time, marks.has(time) ? { ...marks.get(time), ...each } : each)
  const mark = (set: BackupSet): BackupSet => (marks.has(set.time) ? { ...set, ...marks.get(set.time) } : set)
  const markChain = (chain: Chain): Chain => ({ ...chain, full: mark(chain.full), incrementals: chain.incrementals.map(mark) })
  return marks.size === 0 ? collection : { ...collection, chains: collection.chains.map(markChain) }
}

/** The records with more known of one set, newest set first: what is not named stays. */
export function withRecord(records: readonly SetRecord[], news: SetRecord): readonly SetRecord[] {
  const before = records.find(record => record.time === news.time)
  const others = records.filter(record => record.time !== news.time)
  return [{ ...before, ...news }, ...others].toSorted((a, b) => b.time - a.time)
}
