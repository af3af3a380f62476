import { createHash } from 'node:crypto'

/**
 * What a dump consists of, in the order in which an import reads it: `cat *.sql` in its folder is the whole dump. What
 * makes up for rounded FLOATs comes after the end of the tables, in the session's own time zone again.
 */
const ORDER = ['begin', 'sequence', 'table', 'end', 'floats', 'routines', 'views', 'triggers', 'events', 'complete'] as const
export type PartKind = (typeof ORDER)[number]

/** A part of a dump: a file in its folder. */
export interface Part {
  readonly kind: PartKind
  /** The table that it is of, or the sequence. */
  readonly of: string | undefined
}

/** Bytes of a file's name that are left for that of a table, beside the kind and the ending: 255 in all. */
const MOST_BYTES = 230

/** The file of a part: a name of its own for each. */
export const partName = (kind: PartKind, of?: string): string =>
  `${ORDER.indexOf(kind)}-${kind}${of === undefined ? '' : `-${encoded(of)}`}.sql`

/**
 * A file's name needs no more bytes than three for each character: a server has at most 64 of them, none in four
 * bytes.
 */
function encoded(name: string): string {
  const text = name.replace(
    /[^\w$\x80-\u{10ffff}-]/gu,
    each => `%${each.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
  return Buffer.byteLength(text) <= MOST_BYTES ? text : `%%${createHash('sha256').update(name).digest('hex')}`
}

/** The name of a file that is one table by itself. */
export const tableFile = (table: string): string => `${encoded(table)}.sql`

/** What a file in the folder of a dump is; undefined for one that is no part of it. */
export function partNamed(file: string): Part | undefined {
  const [, digit, kind, of] = /^(\d)-([a-z]+)(?:-(.+))?\.sql$/s.exec(file) ?? []
  const known = ORDER.find((each, index) => each === kind && digit === `${index}`)
  if (known === undefined) return undefined
  const name = of?.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return partName(known, name) === file || of?.startsWith('%%') ? { kind: known, of: name } : undefined
}

/**
 * The tables that bring with them all that is in these parts, besides the list of the parts; undefined where one has
 * something that is of no table, or of one that the name of its file does not tell.
 */
export function tablesOfParts(parts: readonly string[]): readonly string[] | undefined {
  const found = parts.filter(name => name !== partName('complete')).map(partNamed)
  const isOfTable = (part: Part | undefined): boolean =>
    part?.of !== undefined && !part.of.startsWith('%%') && ['table', 'floats', 'triggers'].includes(part.kind)
  return found.every(isOfTable) ? [...new Set(found.map(part => part!.of!))] : undefined
}

/** The files of a dump in their order, of what is in its folder. */
export const partNames = (names: readonly string[]): string[] =>
  names.filter(name => partNamed(name) !== undefined).toSorted((a, b) => (a < b ? -1 : 1))

const LIST = '-- Its parts and their bytes:\n'

/** The list of a dump's parts, as comments of its last one. */
export const listOfParts = (parts: ReadonlyMap<string, number>): string =>
  `${LIST}${[...parts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, bytes]) => `-- ${name} ${bytes}\n`)
    .join('')}`

/** The parts that the last one lists, with their bytes. */
export function listedParts(text: string): ReadonlyMap<string, number> {
  const lines = text.slice(text.lastIndexOf(LIST) + LIST.length).split('\n')
  const found = text.includes(LIST) ? lines.map(line => /^-- (\d-.+\.sql) (\d+)$/s.exec(line)) : []
  return new Map(found.filter(line => line !== null).map(([, name, bytes]) => [name!, Number(bytes)]))
}
