import { z } from 'zod'
import type { KnownFile, KnownFiles } from '../core/audit.ts'
import type { SetRecord } from '../core/set-record.ts'
import { linesOf } from '../host/state.ts'

const count = z.int().nonnegative()
/** Of a module: they are shown, and looked for in folders. */
const NAME = /^\w{1,40}$/
const names = z.array(z.string().regex(NAME)).max(200)
/** As a program tells its own version. */
const VERSION = /^\d[\w.+~-]{0,40}$/
const version = z.string().regex(VERSION)
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

/** Reads the fields that there are, one by one, in their place. Others stay: a later version may know them. */
function readIn<Of extends Fields>(fields: Of, found: Record<string, unknown>): ValuesOf<Of> {
  for (const name of Object.keys(found))
    if (Object.hasOwn(fields, name)) {
      const value = fields[name]!(found[name])
      if (value !== found[name]) found[name] = value
    }
  return found as ValuesOf<Of>
}

const isObject = (found: unknown): found is Record<string, unknown> =>
  typeof found === 'object' && found !== null && !Array.isArray(found)
const isCount = (found: unknown): found is number => Number.isSafeInteger(found) && (found as number) >= 0
const readCount: Read<number> = found => (isCount(found) ? found : undefined)
const isOptionalHash = (found: unknown): boolean =>
  found === undefined || (typeof found === 'string' && /^[0-9a-f]{40,64}$/.test(found))

/**
 * What each of thousands of lines has, and is nearly always as it should be: that is seen in a tenth of the time that a
 * schema takes, which decides in all other cases.
 */
const quickly =
  <Value>(isPlain: (found: Record<string, unknown>) => boolean, schema: z.ZodType<Value>): Read<Value> =>
  found =>
    isObject(found) && isPlain(found) ? (found as Value) : schema.safeParse(found).data
const isCounts = (found: unknown): boolean => Array.isArray(found) && found.length === 3 && found.every(isCount)
const isNames = (found: unknown): boolean =>
  Array.isArray(found) && found.length <= 200 && found.every(name => typeof name === 'string' && NAME.test(name))
const hasCounts = (found: Record<string, unknown>): boolean =>
  Object.keys(found).every(name => name !== '__proto__' && isCount(found[name]))

/** What tells a site of one night from that of another; see site-state.ts. */
const CHANGES = z.object({ PHP: counts, images: counts, pages: counts, 'scripts and styles': counts, other: counts }).partial()
const STATE = {
  changes: quickly(
    found => Object.keys(found).every(name => Object.hasOwn(CHANGES.shape, name) && isCounts(found[name])),
    CHANGES,
  ),
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
  rows: quickly(hasCounts, z.record(z.string(), count)),
  isEmpty: by(z.boolean()),
  shrunken: by(z.array(z.string().max(500)).max(1000)),
  confirmed: by(z.boolean()),
  needs: quickly(
    ({ database = true, phpVersion = '8', php = [], ...rest }) =>
      typeof database === 'boolean' && VERSION.test(phpVersion as string) && isNames(php) && Object.keys(rest).length === 0,
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
  answer: quickly(
    ({ works, said, ...rest }) =>
      typeof works === 'boolean' && typeof said === 'string' && said.length <= 200 && Object.keys(rest).length === 0,
    z.object({ works: z.boolean(), said: z.string().max(200) }),
  ),
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
  state: (found: unknown) => (isObject(found) ? readIn(STATE, found) : undefined),
  suspect: by(z.array(z.string().max(2000)).max(100).catch(['it cannot be read why'])),
}

/** How this version begins a line. */
const HEAD = /^\{"set":"([^"\\]*)",/
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** The files of a set as they stand in its line, most of which they are: they are read when they are asked for. */
class WrittenFiles {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** With their names; undefined where one is not written as this version does it. That takes a fifth of the time. */
  asUsual(): [string, KnownFile][] | undefined {
    const files: [string, KnownFile][] = []
    FILE.lastIndex = 1
    for (;;) {
      const [, name, bytes, kind, hash, after] = FILE.exec(this.#text) ?? []
      if (name === undefined) return undefined
      const [sha1, sha256] = kind === '1' ? [hash, undefined] : [undefined, hash]
      files.push([name, { bytes: Number(bytes), sha1, sha256 }])
      if (after === '}') return FILE.lastIndex === this.#text.length ? files : undefined
    }
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

const FILE = /"([^"\\\u0000-\u001f]+)":\{"bytes":(0|[1-9]\d{0,14}),"sha(1|256)":"([0-9a-f]{40,64})"\}([,}])/y
const STORED = '"stored":'

/** One record of a line. @throws for what is none */
function recordIn(line: string): SetRecord {
  const [head, set] = HEAD.exec(line) ?? []
  const begin = line.indexOf(`${STORED}{"`)
  const end = line.indexOf('}}', begin)
  if (head !== undefined && begin >= 0 && end >= 0) {
    try {
      // as this version writes it: its time first, and its files in one piece
      const rest = JSON.parse(`{"time":0,${line.slice(head.length, begin)}${STORED}0${line.slice(end + 2)}`)
      const files = new WrittenFiles(line.slice(begin + STORED.length, end + 2))
      if (rest.stored === 0 && !Object.hasOwn(rest, 'set')) return recordOf(set, Object.assign(rest, { stored: files }))
    } catch {
      // its files end elsewhere
    }
  }
  const { set: time, ...rest } = JSON.parse(line)
  return recordOf(time, rest)
}

function recordOrNothing(line: string): SetRecord | undefined {
  try {
    return recordIn(line)
  } catch {
    return undefined
  }
}

function recordOf(set: unknown, rest: Record<string, unknown>): SetRecord {
  const time = typeof set === 'string' && TIME.test(set) ? Date.parse(set) : Number.NaN
  if (Number.isNaN(time)) throw new Error('no record of a set')
  rest.time = time
  return readIn(RECORD, rest) as SetRecord
}

/** The files of all these sets, as they were read back when they were made: by far the most of what is written down. */
export function storedIn(records: readonly SetRecord[]): KnownFiles {
  return Object.fromEntries(
    records.flatMap(({ stored }) => (stored instanceof WrittenFiles ? stored.asUsual() : undefined) ?? checkedFiles(stored)),
  )
}

/** Nothing of a set where one of them is not as it should be. */
function checkedFiles(stored: unknown): [string, KnownFile][] {
  const found = stored instanceof WrittenFiles ? stored.toJSON() : stored
  const files = isObject(found) ? Object.entries(found) : []
  if (!files.every((file): file is [string, KnownFile] => isStoredFile(file[1]))) return []
  return files.map(([name, { bytes, sha1, sha256 }]) => [name, { bytes, sha1, sha256 }])
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
