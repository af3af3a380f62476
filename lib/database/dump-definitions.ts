import type { Definition } from './definitions.ts'
import { quoteText } from './sql.ts'

/**
 * Settings of the session that the definitions change; the client of whoever imports the dump has its own again
 * afterwards.
 */
const CHANGED = ['sql_mode', 'character_set_client', 'character_set_results', 'collation_connection', 'time_zone']
const SAVE = `SET ${CHANGED.map(name => `@holdfast_${name} = @@${name}`).join(', ')};`
const PUT_BACK = `SET ${CHANGED.map(name => `${name} = @holdfast_${name}`).join(', ')};`

/**
 * The part of a dump that makes definitions, for any client: each under the settings in which its text means what it
 * means. The database is the current one, whatever its name.
 * @param collation the database's own default collation
 */
export function definitionsText(definitions: readonly Definition[], collation: string): string {
  if (definitions.length === 0) return ''
  return [SAVE, ...definitions.map(one => definitionText(one, collation)), PUT_BACK, ''].join('\n')
}

function definitionText(definition: Definition, collation: string): string {
  const { kind, name, sqlMode, charset, collation: connection, databaseCollation = collation, timeZone } = definition
  const settings = [
    `sql_mode = ${quoteText(sqlMode)}`,
    `character_set_client = ${charset}`,
    `collation_connection = ${connection}`,
    ...(timeZone === undefined ? [] : [`time_zone = ${quoteText(timeZone)}`]),
  ]
  const isOfToday = databaseCollation === collation
  return [
    commentLines(`${kind} ${name}`),
    ...(isOfToday ? [] : [`ALTER DATABASE COLLATE ${databaseCollation};`]),
    `SET ${settings.join(', ')};`,
    ...statementLines(definition),
    ...(isOfToday ? [] : [`ALTER DATABASE COLLATE ${collation};`]),
  ].join('\n')
}

/** Lines of comment, whatever the text is. */
export const commentLines = (text: string): string =>
  ['', ...text.split(/[\r\n]+/), ''].map(line => (line === '' ? '--' : `-- ${line.replace(/[\0-\x1f\x7f]/g, ' ')}`)).join('\n')

/**
 * The statement as it is, between delimiters that are not in it; as hexadecimal digits where the session's character
 * set would read it otherwise than the file is written.
 */
function statementLines({ sql, charset }: Definition): string[] {
  if (!/^utf8/.test(charset) && /[^\0-\x7f]/.test(sql))
    return [`EXECUTE IMMEDIATE CONVERT(X'${Buffer.from(sql).toString('hex')}' USING utf8mb4);`]
  const delimiter = delimiterFor(sql)
  return [`DELIMITER ${delimiter}`, `${sql} ${delimiter}`, 'DELIMITER ;']
}

function delimiterFor(sql: string): string {
  for (let count = 2; ; count += 1) if (!sql.includes(';'.repeat(count))) return ';'.repeat(count)
}
