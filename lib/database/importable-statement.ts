import { quoteName } from './sql.ts'

/** Something of a dump that cannot be imported. */
export interface LeftOut {
  readonly kind: 'view' | 'foreign key'
  readonly name: string
  readonly why: string
  /** What a view selects, as the server writes it. */
  readonly selects?: string
}

/**
 * A statement of a dump as it may be imported into a database of any name: without definers, without its own database's
 * name, without what is of other databases. It has as many lines as before.
 * @param text with its delimiter, as latin1, so that every byte survives
 */
export function importableStatement(
  text: string,
  database: string,
): { readonly text: string; readonly leftOut: readonly LeftOut[] } {
  return ofOwnDatabase(freed(text, database), quoted(database))
}

function freed(text: string, database: string): string {
  if (HEXADECIMAL.test(text))
    return text.replace(HEXADECIMAL, (_, digits: string) => hexadecimal(withoutDefiners(fromHexadecimal(digits))))
  return withoutOwnName(withoutDefiners(text), quoted(database))
    .replace(/^ALTER DATABASE `(?:[^`]|``)*`(?= (?:CHARACTER SET|COLLATE))/, 'ALTER DATABASE')
    .replace(LOCK, '')
    .replace(SQL_MODE, "SQL_MODE='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'")
}

/** Nobody else uses the database; and rows whose default is a sequence want that one locked too. */
const LOCK = /^(?:LOCK TABLES `(?:[^`]|``)*` WRITE|UNLOCK TABLES);(?=\n$)/

/** The mode in which dumps have their rows inserted: an invalid date would become none in it. */
const SQL_MODE = /(?<=^\/\*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, )SQL_MODE='NO_AUTO_VALUE_ON_ZERO'/

/** A definition that the client's character set would not carry. */
const HEXADECIMAL = /^EXECUTE IMMEDIATE CONVERT\(X'([0-9a-f]*)' USING utf8mb4\);/
const hexadecimal = (text: string): string =>
  `EXECUTE IMMEDIATE CONVERT(X'${Buffer.from(text, 'latin1').toString('hex')}' USING utf8mb4);`
const fromHexadecimal = (digits: string): string => Buffer.from(digits, 'hex').toString('latin1')

/** Of a view, the second line has it. */
const withoutDefiners = (text: string): string => {
  const [first = '', second = '', ...rest] = text.split(/(?<=\n)/)
  const isView = first.startsWith('/*!50001 CREATE ')
  return [withoutDefiner(first), isView ? withoutDefiner(second) : second, ...rest].join('')
}

/** A name in backticks, as latin1 text. */
const quoted = (name: string): string => Buffer.from(quoteName(name)).toString('latin1')

/** Names in backticks, one after the other. */
const NAME = '`(?:[^`]|``)*`'
const VIEW = new RegExp(
  `^(?:/\\*!50001 )?CREATE (?:OR REPLACE )?(?:ALGORITHM=\\w+ )?(?:\\*/\\n/\\*!50013 SQL SECURITY \\w+ \\*/\\n/\\*!50001 |SQL SECURITY \\w+ )?VIEW (${NAME})`,
)

const TABLE = /^CREATE (?:OR REPLACE )?TABLE /

/**
 * Takes out what names its own database where nothing else may stand: functions and tables in a view, sequences as a
 * column's default, a foreign key. What the body of a routine says is its own.
 */
function withoutOwnName(text: string, own: string): string {
  const isTable = TABLE.test(text)
  if (!(isTable || VIEW.test(text)) || !text.includes(own)) return text
  const name = own.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  const before = isTable ? '(?<=\\b(?:next|last)(?:val|_value)\\(|\\bsetval\\(|\\bREFERENCES )' : ''
  return text.replace(new RegExp(`'(?:[^'\\\\]|\\\\.|'')*'|${before}${name}\\.`, 'gs'), found =>
    found.startsWith("'") ? found : '',
  )
}

/** In a view, a name of two parts behind FROM or JOIN is a table of another database. */
const OF_ANOTHER = new RegExp(`'(?:[^'\\\\]|\\\\.|'')*'|\\b(?:from|join) \\(*(${NAME})\\.${NAME}`, 'gs')
const FOREIGN_KEY = new RegExp(
  `,\\n  CONSTRAINT (${NAME}) FOREIGN KEY \\([^\\n]*?\\) REFERENCES (${NAME})\\.[^\\n]*?(?=,?\\n)`,
  'g',
)

/**
 * Takes out what is of another database: the account that imports reaches none. The lines stay, without what was in
 * them.
 * @param own the database's name in backticks
 */
function ofOwnDatabase(text: string, own: string): { readonly text: string; readonly leftOut: readonly LeftOut[] } {
  const leftOut: LeftOut[] = []
  const view = VIEW.exec(text)?.[1]
  const other =
    view && [...text.matchAll(OF_ANOTHER)].map(([, database]) => database).find(name => name !== undefined && name !== own)
  if (view && other) {
    const why = `it is of the database ${unquoted(other)}`
    return { text: text.replace(/[^\n]+/g, ''), leftOut: [{ kind: 'view', name: unquoted(view), why, selects: selectsOf(text) }] }
  }
  if (!TABLE.test(text)) return { text, leftOut }
  const kept = text.replace(FOREIGN_KEY, (_, key: string, database: string) => {
    leftOut.push({ kind: 'foreign key', name: unquoted(key), why: `it is into the database ${unquoted(database)}` })
    return '\n'
  })
  return { text: kept, leftOut }
}

const unquoted = (name: string): string => Buffer.from(name.slice(1, -1).replaceAll('``', '`'), 'latin1').toString()

/** What stands behind the name of a view in the statement that makes it; text as latin1. */
const selectsOf = (text: string): string =>
  Buffer.from(text.split(VIEW)[2] ?? '', 'latin1')
    .toString()
    .replace(/\s*(?:\*\/)?;\s*$/, '')
    .trim()
/**
 * Lines of a dump that begin a view, trigger, routine or event with the account that it shall run as: the forms that
 * mariadb-dump and mysqldump write. The server's own SHOW CREATE writes them like this too, a view's algorithm first. A
 * row of data never begins so: rows are INSERTs, one a line.
 */
const DEFINER_LINE =
  /^(\/\*!50013 |\/\*!50003 CREATE\*\/ |\/\*!50106 CREATE\*\/ |CREATE (?:OR REPLACE )?(?:ALGORITHM=\w+ )?)((?:\/\*!\d+ )?)DEFINER=(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\s@]+)@(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\s*]+)\s*/

/**
 * Takes the DEFINER out of one line of a dump, so that whoever imports it becomes the definer: a set must not bring
 * along a trigger that runs as another site's account or the server's (S41).
 */
export function withoutDefiner(line: string): string {
  return line.replace(DEFINER_LINE, '$1$2')
}
