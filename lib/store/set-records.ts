import { z } from 'zod'
import type { KnownFile, KnownFiles } from '../core/audit.ts'
import { type Collection, setsOf } from '../core/collection.ts'
import { type SetRecord, withRecord } from '../core/set-record.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { linesOf, valuesIn } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { NotOwner, refuseOther } from './epochs.ts'
import { unlessUnusable } from './share-failure.ts'
import { filesOfSite } from './share-files.ts'

/** The file beside a site's sets that tells what neither their names nor their sizes do. Losing it loses no backup. */
export const RECORDS = '.holdfast-sets'
/** What earlier versions kept there instead: lines of the same form, of sizes only. */
export const FORMER = '.holdfast-sizes'

/** Bytes that are read of it, newest sets first: whoever can write to the share can make it as large as they like. */
export const MOST_OF_RECORDS = 8_000_000

const count = z.int().nonnegative()
/** Names of modules: they are shown, and looked for in folders. */
const names = z.array(z.string().regex(/^\w{1,40}$/)).max(200)
/** As a program tells its own version. */
const version = z.string().regex(/^\d[\w.+~-]{0,40}$/)
const text = z.string().max(300)
const texts = z.array(text).max(500)
const counts = z.tuple([count, count, count])
/** What a value is read as; undefined where it is not as it should be. */
type Read<Value> = (found: unknown) => Value | undefined
const by =
  <Value>(schema: z.ZodType<Value>): Read<Value> =>
  found =>
    schema.safeParse(found).data

/** Fields of an object, each of which may be missing, and is taken for missing where it is not as it should be. */
type Fields = Readonly<Record<string, Read<unknown>>>
type ValuesOf<Of extends Fields> = { [Name in keyof Of]?: ReturnType<Of[Name]> }

/** Reads the fields that there are, one by one. Others stay: a later version may know them. */
function valuesOf<Of extends Fields>(fields: Of, found: object): ValuesOf<Of> {
  const read = ([name, value]: [string, unknown]) => [name, Object.hasOwn(fields, name) ? fields[name]!(value) : value]
  return Object.fromEntries(Object.entries(found).map(read))
}

// what each of thousands of lines has is read without a schema, in a fifth of the time
const isObject = (found: unknown): found is object => typeof found === 'object' && found !== null && !Array.isArray(found)
const isCount = (found: unknown): found is number => Number.isSafeInteger(found) && (found as number) >= 0
const readCount: Read<number> = found => (isCount(found) ? found : undefined)
const isOptionalHash = (found: unknown): boolean =>
  found === undefined || (typeof found === 'string' && /^[0-9a-f]{40,64}$/.test(found))

/** What tells a site of one night from that of another; see site-state.ts. */
const STATE = {
  changes: by(z.object({ PHP: counts, images: counts, pages: counts, 'scripts and styles': counts, other: counts }).partial()),
  versions: by(z.object({ core: texts, plugins: z.record(text, text), themes: z.record(text, text) })),
  settings: by(z.object({ siteUrls: texts, activePlugins: texts, administrators: texts })),
  tables: by(z.record(text, count)),
  page: by(z.object({ title: text, words: z.array(count).max(200) })),
}

const seconds = z.number().nonnegative().optional()
/** What is known of a set besides its time. Where it would be worse not to know of one, the worst is taken. */
const RECORD = {
  host: (found: unknown) => (typeof found === 'string' ? found : undefined),
  epoch: readCount,
  files: readCount,
  bytes: readCount,
  dump: by(z.object({ bytes: count, largest: count.optional(), packed: z.boolean() })),
  rows: by(z.record(z.string(), count)),
  isEmpty: by(z.boolean()),
  shrunken: by(z.array(z.string().max(500)).max(1000)),
  confirmed: by(z.boolean()),
  needs: by(
    z.object({
      database: z.boolean().optional(),
      phpVersion: version.optional().catch(undefined),
      php: names.optional(),
      webServer: z.enum(['apache', 'nginx']).optional(),
      modules: names.optional(),
      certificates: z.boolean().optional(),
    }),
  ),
  cutOff: by(z.literal(true)),
  answer: by(z.object({ works: z.boolean(), said: z.string().max(200) })),
  tests: by(
    z
      .array(
        z.object({
          at: z.number(),
          works: z.boolean(),
          said: z.string().max(200),
          restored: seconds,
          imported: seconds,
          asked: z.string().max(5000).optional(),
        }),
      )
      .max(20),
  ),
  unchangedUntil: readCount,
  unread: by(z.array(z.string().max(5000)).max(1000).catch([''])),
  state: (found: unknown) => (isObject(found) ? valuesOf(STATE, found) : undefined),
  suspect: by(z.array(z.string().max(2000)).max(100).catch(['it cannot be read why'])),
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** One record of a line. @throws for what is none */
function recordOf(found: unknown): SetRecord {
  const { set, ...rest } = found as { readonly set?: unknown }
  const time = typeof set === 'string' && TIME.test(set) ? Date.parse(set) : Number.NaN
  if (Number.isNaN(time)) throw new Error('no record of a set')
  return { ...valuesOf(RECORD, rest), time }
}

/** The files of all these sets, as they were read back when they were made: by far the most of what is written down. */
export function storedIn(records: readonly SetRecord[]): KnownFiles {
  const all = records.flatMap(({ stored }) => {
    const files = isObject(stored) ? Object.entries(stored) : []
    return files.every(([, file]) => isStoredFile(file)) ? files : []
  })
  return Object.fromEntries(all.map(([name, { bytes, sha1, sha256 }]) => [name, { bytes, sha1, sha256 }]))
}

const isStoredFile = (found: unknown): found is KnownFile => {
  if (!isObject(found)) return false
  const { bytes, sha1, sha256 } = found as Partial<Record<keyof KnownFile, unknown>>
  return (bytes === undefined || isCount(bytes)) && isOptionalHash(sha1) && isOptionalHash(sha256)
}

/** The text that keeps records: a line of JSON a set, its time in ISO 8601, UTC. */
export const textOfRecords = (records: readonly SetRecord[]): string =>
  linesOf(records.map(({ time, ...rest }) => ({ set: new Date(time).toISOString(), ...rest })))

/** The records in such a text, newest set first. Damaged lines are passed over; of two of one set the first counts. */
export function recordsIn(text: string): readonly SetRecord[] {
  const known = recent.get(text)
  if (known) return known
  const first = new Map(
    valuesIn(text, { parse: recordOf })
      .toReversed()
      .map(record => [record.time, record]),
  )
  const records = [...first.values()].toSorted((a, b) => b.time - a.time)
  if (recent.size >= RECENT) recent.delete(recent.keys().next().value!)
  recent.set(text, records)
  return records
}

/** Texts that were read last: a night reads those of a site again and again. */
const recent = new Map<string, readonly SetRecord[]>()
const RECENT = 4

/** Where the sets of a site, or of a desktop, are; no folder at a URL, where nothing is written down. */
type SetFolder = Parameters<typeof filesOfSite>[0]

/**
 * What is written down beside an archive's sets, newest first; none at a URL. @throws when the archive cannot be read
 */
export async function readSetRecords(archive: SetFolder, shell: Shell): Promise<readonly SetRecord[]> {
  const files = filesOfSite(archive, shell.quick)
  for (const name of [RECORDS, FORMER]) {
    const text = await files?.text(name, MOST_OF_RECORDS).catch(unlessUnusable)
    if (text !== undefined) return recordsIn(text)
  }
  return []
}

/** Times that it is tried to write them down, while others do: replicas too write here. */
const TRIES = 5

interface Recording {
  /** The collection, where it is known: the records of sets that are gone are dropped. */
  readonly present?: Collection
  /** Only for as long as the site is this host's, which is looked at in the very request that writes. */
  readonly owner?: Pick<Host, 'name'>
}

/**
 * Writes down more of one set; what else is known of it stays. A failure is only noted: the backup is good without.
 * @returns whether it is written down
 * @throws when the run is stopped
 * @throws {NotOwner} when the site is to be this host's, and is another's
 */
export async function recordSet(
  archive: SetFolder,
  time: number,
  fields: Omit<SetRecord, 'time'>,
  shell: Shell,
  { present, owner }: Recording = {},
): Promise<boolean> {
  const files = filesOfSite(archive, shell.quick)
  if (files === undefined) return false
  let claims = owner && (await files.lastClaims())
  let found = files.lastOf(RECORDS)
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (owner && claims) refuseOther(files, claims, owner)
      found ??= { text: await files.text(RECORDS, MOST_OF_RECORDS).catch(unlessUnusable) }
      const before = found.text ?? (await files.text(FORMER, MOST_OF_RECORDS).catch(unlessUnusable)) ?? ''
      const records = withRecord(recordsIn(before), { ...fields, time })
      const kept = present ? records.filter(isOf(present, time)) : records
      const known = { text: found.text, claims }
      const other = await files.exchange(RECORDS, known, MOST_OF_RECORDS, { remove: FORMER }, textOfRecords(kept))
      if (other === undefined) return true
      found = other
      claims = other.claims ?? claims
    }
    throw new Error('others write there without end')
  } catch (error) {
    if (shell.stop.aborted || error instanceof NotOwner) throw error
    shell.note('info', `what is known of the set cannot be written down beside its archive: ${messageOf(error)}`)
    return false
  }
}

function isOf({ chains, incomplete }: Collection, time: number): (record: SetRecord) => boolean {
  const times = new Set([...chains.flatMap(setsOf), ...incomplete].map(set => set.time).concat(time))
  return record => times.has(record.time)
}
