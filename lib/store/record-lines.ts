import { z } from 'zod'
import type { KnownFile, KnownFiles } from '../core/audit.ts'
import type { SetRecord } from '../core/set-record.ts'
import { linesOf } from '../host/state.ts'

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
function valuesOf<Of extends Fields>(fields: Of, found: Readonly<Record<string, unknown>>): ValuesOf<Of> {
  const values: Record<string, unknown> = { ...found }
  for (const name of Object.keys(found)) if (Object.hasOwn(fields, name)) values[name] = fields[name]!(found[name])
  return values as ValuesOf<Of>
}

// what each of thousands of lines has is read without a schema, in a fifth of the time
const isObject = (found: unknown): found is Readonly<Record<string, unknown>> =>
  typeof found === 'object' && found !== null && !Array.isArray(found)
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

/** The files of a set as they stand in its line, most of which they are: they are read when they are asked for. */
class WrittenFiles {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Nothing where they are damaged. */
  toJSON(): unknown {
    try {
      return JSON.parse(this.#text)
    } catch {
      return undefined
    }
  }
}

const STORED = '"stored":'

/** One record of a line. @throws for what is none */
function recordIn(line: string): SetRecord {
  const begin = line.indexOf(`${STORED}{"`)
  const end = line.indexOf('}}', begin)
  if (begin >= 0 && end >= 0) {
    const [before, files, after] = [line.slice(0, begin), line.slice(begin + STORED.length, end + 2), line.slice(end + 2)]
    try {
      const rest = JSON.parse(`${before}${STORED}0${after}`)
      if (rest.stored === 0) return recordOf({ ...rest, stored: new WrittenFiles(files) })
    } catch {
      // they end elsewhere
    }
  }
  return recordOf(JSON.parse(line))
}

function recordOrNothing(line: string): SetRecord | undefined {
  try {
    return recordIn(line)
  } catch {
    return undefined
  }
}

function recordOf(found: unknown): SetRecord {
  const { set, ...rest } = found as { readonly set?: unknown }
  const time = typeof set === 'string' && TIME.test(set) ? Date.parse(set) : Number.NaN
  if (Number.isNaN(time)) throw new Error('no record of a set')
  return { ...valuesOf(RECORD, rest), time }
}

/** The files of all these sets, as they were read back when they were made: by far the most of what is written down. */
export function storedIn(records: readonly SetRecord[]): KnownFiles {
  const all = records.flatMap(({ stored }) => {
    const found = stored instanceof WrittenFiles ? stored.toJSON() : stored
    const files = isObject(found) ? Object.entries(found) : []
    return files.every((file): file is [string, KnownFile] => isStoredFile(file[1])) ? files : []
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
  const first = new Map<number, SetRecord>()
  for (const line of text.split('\n')) {
    const record = recordOrNothing(line)
    if (record && !first.has(record.time)) first.set(record.time, record)
  }
  const records = [...first.values()].toSorted((a, b) => b.time - a.time)
  if (recent.size >= RECENT) recent.delete(recent.keys().next().value!)
  recent.set(text, records)
  return records
}

/** Texts that were read last: a night reads those of a site again and again. */
const recent = new Map<string, readonly SetRecord[]>()
const RECENT = 4
