import type { Host } from '../inventory/schema.ts'
import type { DatabaseClient } from './client.ts'
import { queryLimits } from './time-limits.ts'

/** One INSERT a row that names its columns, and nothing else. */
const SHAPE = [
  ...['--no-create-info', '--skip-triggers', '--complete-insert', '--skip-extended-insert', '--hex-blob', '--compact'],
  ...['--single-transaction', '--quick', '--no-tablespaces', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'],
]

/**
 * Some rows of a table as INSERT statements, a line each, which a person may look at in a terminal.
 * @param where SQL that is ours
 * @param most bytes
 * @throws when they are more
 */
export async function dumpRows(
  { host, client }: { readonly host: Host; readonly client: DatabaseClient },
  { database, table, where }: { readonly database: string; readonly table: string; readonly where: string },
  most: number,
): Promise<string> {
  const words = client.words(host.database.dumpProgram, [...SHAPE, `--where=${where}`, '--', database, table])
  const quiet = client.shell.with({ onLine: () => {}, maxOutput: most, ...queryLimits(host) })
  const printed = await quiet.ask(String)`${words}`
  const rows = printed.split('\n').filter(line => line.startsWith('INSERT INTO '))
  return rows.map(row => `${plainText(row)}\n`).join('')
}

const LITERAL = /`(?:[^`]|``)*`|'(?:[^'\\]|\\[\s\S])*'/g
/** Whatever a terminal obeys, or shows in another order than it is. */
const COMMANDS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', Z: '\u001a', b: '\b' }

/** The same statement, its texts with control characters in hex. */
export const plainText = (statement: string): string =>
  statement.replace(LITERAL, literal => {
    if (literal.startsWith('`') || !COMMANDS.test(literal)) return literal
    const text = literal.slice(1, -1).replace(/\\([\s\S])/g, (_, letter: string) => ESCAPED[letter] ?? letter)
    return `_utf8mb4 0x${Buffer.from(text, 'utf8').toString('hex')}`
  })
