import { createHash } from 'node:crypto'
import type { DatabaseAccess } from '../core/database-access.ts'
import type { SiteLook } from '../core/local-changes.ts'
import { isNoiseTable, NOISE_META, NOISE_OPTIONS } from '../core/wordpress-noise.ts'
import { WRITTEN_TABLES, type WrittenTable, withoutPrefix } from '../core/written-tables.ts'
import { type Admin, adminOf, asksTogether } from '../database/admin.ts'
import { type Contents, contentsOf } from '../database/contents.ts'
import { definitionsOf } from '../database/definitions.ts'
import { quoteName, quoteText } from '../database/sql.ts'
import type { HostContext } from '../host/site.ts'

/** Rows of a table that are remembered one by one, the newest; of all before them only that they are the same. */
const MOST_ROWS = 200_000

/**
 * By table (`database.table` of the live site), of those in which a visit can change what nobody looks at: what tells
 * all that is in it, and the next number of its counter, as the set made it.
 */
export type SumsAsMade = Readonly<Record<string, string>>

/** How a table is looked at: as a whole, but for what visits change in it; by row; or not at all. */
type Way = { readonly written: WrittenTable } | { readonly columns: readonly string[]; readonly where: string } | 'whole' | 'not'

/** How a database looks: what visits change is left out. */
export async function lookAtDatabase(
  { host, shell }: Pick<HostContext, 'host' | 'shell'>,
  { database, tablePrefix }: Pick<DatabaseAccess, 'database' | 'tablePrefix'>,
): Promise<Pick<SiteLook, 'tables' | 'rows'>> {
  const plain = adminOf({ host, shell })
  const admin = asksTogether(plain)
  const [contents, columns] = await Promise.all([contentsOf(admin, database), columnsOf(admin, database)])
  const ways = (contents?.table ?? []).map(table => ({ table, way: wayFor(table, tablePrefix, columns.get(table) ?? new Set()) }))
  const whole = ways.flatMap(({ table, way }) => (way === 'whole' ? [table] : []))
  const rows: Record<string, Record<string, string>> = {}
  const look = async ({ table, way }: (typeof ways)[number]): Promise<[name: string, sum: string][]> => {
    if (typeof way === 'string') return []
    const [name, from] = [`${database}.${table}`, `${quoteName(database)}.${quoteName(table)}`]
    if ('columns' in way) return [[name, await sumOf(admin, way.columns, `${from} WHERE ${way.where}`)]]
    const { newest, older } = await writtenRows(admin, from, way.written, columns.get(table)!)
    rows[name] = newest
    return older === undefined ? [] : [[`${name} (older rows)`, older]]
  }
  const sums = await Promise.all([checksums(admin, database, whole), ...ways.map(look)])
  const definitions = await sumsOfDefinitions(plain, database, contents)
  return { tables: Object.fromEntries([...sums.flat(), ...definitions]), rows }
}

/** The checksums of tables, with their names (`database.table`). */
export async function checksums(
  admin: Admin,
  database: string,
  tables: readonly string[],
): Promise<[name: string, sum: string][]> {
  const names = tables.map(table => `${quoteName(database)}.${quoteName(table)}`)
  return names.length === 0 ? [] : ((await admin.rows(`CHECKSUM TABLE ${names.join(', ')};`)) as [string, string][])
}

/** The columns of its tables, in small letters. */
async function columnsOf(admin: Admin, database: string): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>()
  const query = `SELECT table_name, LOWER(column_name) FROM information_schema.columns WHERE table_schema = ${quoteText(database)};`
  for (const [table = '', column = ''] of await admin.rows(query)) found.set(table, (found.get(table) ?? new Set()).add(column))
  return found
}

/** Whether all of a table is looked at, whatever its columns are: a visit changes no row of it unseen. */
export function isSeenWhole(table: string, prefix: string): boolean {
  const name = withoutPrefix(table, prefix)
  const isInPart = (): boolean =>
    isNoiseTable(name!) ||
    WRITTEN_TABLES.some(each => each.table === name) ||
    ['options', 'term_taxonomy', ...Object.keys(NOISE_META)].includes(name!)
  return name === undefined || !isInPart()
}

/** A table may be called so and be another's, with other columns: then it counts as a whole. */
function wayFor(table: string, prefix: string, columns: ReadonlySet<string>): Way {
  if (isSeenWhole(table, prefix)) return 'whole'
  const name = withoutPrefix(table, prefix)!
  if (isNoiseTable(name)) return 'not'
  const has = (...wanted: readonly string[]): boolean => wanted.every(each => columns.has(each.toLowerCase()))
  const written = WRITTEN_TABLES.find(each => each.table === name)
  if (written) return has(written.key, ...namedIn(written)) ? { written } : 'whole'
  if (name === 'options' && has('option_name', 'option_value')) return optionsWay
  if (Object.hasOwn(NOISE_META, name) && has('meta_key', 'meta_value')) return metaWay(name as keyof typeof NOISE_META)
  if (name === 'term_taxonomy' && has('term_taxonomy_id', 'term_id', 'taxonomy'))
    return {
      columns: ['term_taxonomy_id', 'term_id', 'taxonomy', 'description', 'parent'].filter(each => has(each)),
      where: 'TRUE',
    }
  return 'whole'
}

/** The columns that its conditions speak of. */
const namedIn = ({ where, kind, columns }: WrittenTable): string[] =>
  [...`${where} ${kind}`.matchAll(/\b(?:post|comment)_[a-z]+\b|\bstatus\b/g)].map(([name]) => name).concat(columns.slice(0, 1))

const likes = (column: string, patterns: readonly string[]): string =>
  patterns.map(pattern => `${column} LIKE '${pattern}'`).join(' OR ') || 'FALSE'

const optionsWay = {
  columns: ['option_name', 'option_value'],
  where: `NOT (option_name IN (${NOISE_OPTIONS.names.map(quoteText).join(', ')}) OR ${likes('option_name', NOISE_OPTIONS.patterns)})`,
}
const metaWay = (name: keyof typeof NOISE_META) => ({
  columns: [`${name.slice(0, -'meta'.length)}_id`, 'meta_key', 'meta_value'],
  where: `NOT (${likes('meta_key', NOISE_META[name])})`,
})

/** A text for a row, whatever is NULL in it. */
const rowText = (columns: readonly string[]): string =>
  `CONCAT_WS('\\n', ${columns.map(column => `IFNULL(${column}, '\\0')`).join(', ')})`

/** The sum of some rows, made by the server, in whatever order they are. */
async function sumOf(admin: Admin, columns: readonly string[], from: string): Promise<string> {
  const digest = `CAST(CONV(LEFT(MD5(${rowText(columns)}), 15), 16, 10) AS UNSIGNED)`
  const [[count = '', mixed = '', sum = ''] = []] = await admin.rows(
    `SELECT COUNT(*), BIT_XOR(row_sum), SUM(row_sum) FROM (SELECT ${digest} AS row_sum FROM ${from}) AS sums;`,
  )
  return [count, mixed, sum].join(' ')
}

async function writtenRows(
  admin: Admin,
  from: string,
  { key, columns, same, where, kind }: WrittenTable,
  there: ReadonlySet<string>,
) {
  const said = columns
    .filter(column => there.has(column.toLowerCase()))
    .map(column => (column === same?.column ? `IF(${column} = '${same.value}', '${same.as}', ${column})` : column))
  const digest = `CONCAT(${kind}, ' ', LEFT(MD5(${rowText(said)}), 16))`
  const rows = await admin.rows(`SELECT ${key}, ${digest} FROM ${from} WHERE ${where} ORDER BY ${key} DESC LIMIT ${MOST_ROWS};`)
  const newest = Object.fromEntries(rows) as Record<string, string>
  if (rows.length < MOST_ROWS) return { newest, older: undefined }
  return { newest, older: await sumOf(admin, said, `${from} WHERE (${where}) AND ${key} < ${rows.at(-1)![0]}`) }
}

async function sumsOfDefinitions(
  admin: Admin,
  database: string,
  contents: Contents | undefined,
): Promise<[name: string, sum: string][]> {
  const sum = (text: string): string => createHash('sha1').update(text).digest('hex')
  const definitions = await definitionsOf(admin, database, contents)
  return definitions.map(one => [`${one.kind} ${database}.${one.name}`, sum(JSON.stringify(one))])
}
