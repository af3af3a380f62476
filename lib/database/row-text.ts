import { quoteName, quoteText } from './sql.ts'

/** A column, as information_schema tells of it. */
export interface Column {
  readonly name: string
  /** DATA_TYPE: `varchar`. */
  readonly type: string
  /** The character set of its text; empty where it holds none. */
  readonly charset: string
  /** EXTRA: `INVISIBLE`. */
  readonly extra: string
}

/** A table whose rows this host can ask the server for. */
export interface PlainTable {
  readonly name: string
  readonly columns: readonly Column[]
  /** The columns by which its rows are ordered; none where no key names them. */
  readonly key: readonly string[]
}

const NUMBERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'double', 'year']
const BYTES = ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'bit']
const TEXTS = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set']
const WORDS = ['date', 'time', 'datetime', 'timestamp', 'inet4', 'inet6', 'uuid']
/** Types of columns whose values are known to come back as they are. */
const KNOWN = [...NUMBERS, ...BYTES, ...TEXTS, ...WORDS, 'float']

/** Whether each row of a table can be asked for as one line. */
export const isPlain = ({ name, columns }: PlainTable): boolean =>
  !/\p{Cc}/u.test(name) &&
  columns.length > 0 &&
  columns.every(column => KNOWN.includes(column.type) && !/\p{Cc}/u.test(column.name))

/**
 * SQL that gives a row of a table as its line in a dump, as mariadb-dump writes it, but for FLOATs, which are exact;
 * NULL where the server takes the line for too long. Its session has no sql_mode, speaks utf8mb4 and lives in UTC.
 */
export function rowText({ name, columns }: Pick<PlainTable, 'name' | 'columns'>): string {
  // a column that is not seen has to be named
  const named = columns.some(({ extra }) => /INVISIBLE/i.test(extra))
  const list = named ? ` (${columns.map(column => quoteName(column.name)).join(', ')})` : ''
  const begin = `INSERT INTO ${quoteName(name)}${list} VALUES (`
  const values = columns.flatMap((column, index) => [...(index === 0 ? [] : ["','"]), valueText(column)])
  return `CONCAT(${[quoteText(begin), ...values, "');'"].join(', ')})`
}

/** What is NULL is told by IF and not by IFNULL: a value that is too long for a function is NULL to it too. */
function valueText({ name, type, charset }: Column): string {
  const column = quoteName(name)
  const unlessNull = (text: string): string => `IF(${column} IS NULL, 'NULL', ${text})`
  if (type === 'float') return unlessNull(`CAST(CAST(${column} AS DOUBLE) AS CHAR)`)
  if (NUMBERS.includes(type)) return unlessNull(`CAST(${column} AS CHAR)`)
  if (BYTES.includes(type)) {
    const bytes = `CAST(${column} AS BINARY)`
    return unlessNull(`IF(LENGTH(${bytes}) = 0, '\\'\\'', CONCAT('0x', HEX(${bytes})))`)
  }
  if (WORDS.includes(type)) return `QUOTE(CAST(${column} AS CHAR))`
  const text = `QUOTE(${charset === 'utf8mb4' ? column : `CONVERT(${column} USING utf8mb4)`} COLLATE utf8mb4_bin)`
  return `REPLACE(REPLACE(REPLACE(${text}, '\\n', '\\\\n'), '\\r', '\\\\r'), '"', '\\\\"')`
}

/** SQL that gives the lines of a table's rows, in the order of its key. */
export const selectRows = (table: PlainTable): string =>
  `SELECT ${rowText(table)} FROM ${quoteName(table.name)}${table.key.length === 0 ? '' : ` ORDER BY ${table.key.map(quoteName).join(', ')}`}`
