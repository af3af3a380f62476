import { z } from 'zod'
import type { AuditedFile, AuditedFiles } from '../core/audit.ts'
import type { Collection, FileRef } from '../core/collection.ts'
import type { SetRecord } from '../core/set-record.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { memoryOfSites } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { storedIn } from './record-lines.ts'
import { filesSealed } from './seals.ts'

const hash = z.string().regex(/^[0-9a-f]+$/)
const isText = (found: unknown): boolean => typeof found === 'string'
type Values = readonly unknown[]
const each =
  (is: (found: unknown) => boolean) =>
  (values: Values): boolean =>
    values.every(value => value === null || is(value))
/** Of hashes of whole bytes, which all that are made are: read as one, in a quarter of the time. */
const areHashes = (values: Values): boolean => {
  if (!each(value => isText(value) && value !== '')(values)) return false
  const text = values.join('')
  return Buffer.from(text, 'hex').toString('hex') === text
}
/** What is remembered of a file, and what shows at a look that a list of it is as it should be. */
const FIELDS = {
  bytes: [z.int(), each(Number.isSafeInteger)],
  sha1: [hash, areHashes],
  sha256: [hash, areHashes],
  readAt: [z.number(), each(Number.isFinite)],
  copy: [z.string(), each(isText)],
  wrong: [z.string(), each(isText)],
  wrongSince: [z.number(), each(Number.isFinite)],
} as const satisfies { readonly [Field in keyof AuditedFile]-?: readonly [z.ZodType, (values: Values) => boolean] }
const NAMES = Object.keys(FIELDS) as (keyof typeof FIELDS)[]

/** As it is kept: the names in order, and of each field a list in their order, null where a file has none. */
interface Columns extends Readonly<Partial<Record<keyof AuditedFile, readonly (string | number | null)[]>>> {
  readonly names: readonly string[]
}

const shapeOf = <Made>(make: (schema: z.ZodType) => Made) => Object.fromEntries(NAMES.map(name => [name, make(FIELDS[name][0])]))
const columns = z
  .object({ names: z.array(z.string()), ...shapeOf(schema => z.array(schema.nullable()).optional()) })
  .refine(found => NAMES.every(name => hasLengthOf(found as Columns, name)), 'its lists differ in their lengths')
const hasLengthOf = (found: Columns, name: keyof typeof FIELDS): boolean =>
  found[name] === undefined || found[name].length === found.names.length
/** What earlier versions kept: the fields of each file, by its name. */
const former = z.record(z.string(), z.object(shapeOf(schema => schema.optional())))

function fits(found: Columns): boolean {
  const isFine = (name: keyof typeof FIELDS): boolean => {
    const values = found[name]
    return values === undefined || (Array.isArray(values) && hasLengthOf(found, name) && FIELDS[name][1](values))
  }
  return Array.isArray(found.names) && found.names.every(isText) && NAMES.every(isFine)
}

function columnsOf(files: AuditedFiles): Columns {
  const names = Object.keys(files).toSorted()
  const known = NAMES.filter(field => names.some(name => files[name]![field] !== undefined))
  return { names, ...Object.fromEntries(known.map(field => [field, names.map(name => files[name]![field] ?? null)])) }
}

function filesOf(found: Columns): AuditedFiles {
  const known = NAMES.filter(field => found[field] !== undefined)
  const fileAt = (at: number): AuditedFile => {
    const file: Record<string, string | number> = {}
    for (const field of known) {
      const value = found[field]![at]
      if (value !== null) file[field] = value!
    }
    return file
  }
  return Object.fromEntries(found.names.map((name, at) => [name, fileAt(at)]))
}

// of each site hundreds of files are looked through, in a tenth of the time; what is wrong with one, zod says
const memory = memoryOfSites<Columns>(
  'archive-files',
  {
    safeParse: found => {
      if (Array.isArray((found as Columns).names))
        return fits(found as Columns)
          ? { success: true, data: found as Columns }
          : (columns.safeParse(found) as z.ZodSafeParseResult<Columns>)
      const result = former.safeParse(found)
      return result.success ? { success: true, data: columnsOf(result.data) } : (result as z.ZodSafeParseError<never>)
    },
  },
  'compact',
)

/** What this host remembers of the files of a site's archive. @throws when that is damaged, with the file */
export function readAuditedFiles(host: Pick<Host, 'paths'>, site: string): AuditedFiles {
  const found = memory.read(host, site)
  return found ? filesOf(found) : {}
}

/** @throws when it cannot be written */
export const writeAuditedFiles = (host: Pick<Host, 'paths'>, site: string, files: AuditedFiles): void =>
  memory.write(host, site, columnsOf(files))

/**
 * Whether this host remembers just these files, each with its size, and nothing that is wrong with one: then since when
 * all of them were read, if they were.
 * @param files in the order of their names
 */
export function asRemembered(
  host: Pick<Host, 'paths'>,
  site: string,
  files: readonly FileRef[],
): { readonly since: number | undefined } | undefined {
  const { names, bytes, readAt, wrong } = columnsOrNothing(host, site)
  const isSame = ({ name, bytes: size }: FileRef, at: number): boolean => names[at] === name && bytes?.[at] === size
  if (wrong !== undefined || names.length !== files.length || !files.every(isSame)) return undefined
  const times = readAt?.every(time => time !== null) ? (readAt as readonly number[]) : []
  return { since: times.length === 0 ? undefined : Math.min(...times) }
}

/** Who reads all of it is told that it is damaged. */
function columnsOrNothing(host: Pick<Host, 'paths'>, site: string): Columns {
  try {
    return memory.read(host, site) ?? { names: [] }
  } catch {
    return { names: [] }
  }
}

/** Forgets files that are about to be removed: what is left of a removal that is cut short is no damage. */
export function dropFromRecord(host: Pick<Host, 'paths'>, site: string, files: readonly FileRef[]): void {
  const names = new Set(files.map(({ name }) => name))
  const known = Object.entries(readAuditedFiles(host, site))
  const left = known.filter(([name]) => !names.has(name))
  if (left.length < known.length) writeAuditedFiles(host, site, Object.fromEntries(left))
}

/** Files of an archive, with more that is known of some of them. */
export function withFiles(files: AuditedFiles, news: AuditedFiles): AuditedFiles {
  const more = Object.entries(news)
  return more.length === 0
    ? files
    : { ...files, ...Object.fromEntries(more.map(([name, file]) => [name, { ...files[name], ...file }])) }
}

/** What this host remembers of the files of an archive. A memory that is damaged is reported, and begun anew. */
export function filesKnownHere(host: Pick<Host, 'paths'>, site: string, shell: Pick<Shell, 'note'>): AuditedFiles {
  try {
    return readAuditedFiles(host, site)
  } catch (error) {
    shell.note('problem', messageOf(error))
    return {}
  }
}

/**
 * What is known of the files of an archive: what this host remembers; of files that it did not write, what it saw
 * sealed; and of others what stands beside the sets.
 */
export async function knownFiles(
  host: Pick<Host, 'paths'>,
  site: string,
  listed: Collection,
  readRecords: () => Promise<readonly SetRecord[]>,
  shell: Pick<Shell, 'note'>,
): Promise<AuditedFiles> {
  const own = filesKnownHere(host, site, shell)
  if (listed.files.every(({ name }) => Object.hasOwn(own, name))) return own
  return withFiles(withFiles(storedIn(await readRecords()), filesSealed(host, site)), own)
}
