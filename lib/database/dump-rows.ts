import type { Readable } from 'node:stream'
import type { Host } from '../inventory/schema.ts'
import type { DatabaseClient } from './client.ts'
import { dumpLimits, queryLimits } from './time-limits.ts'

/** One INSERT a row, and nothing else. */
const SHAPE = [
  ...['--no-create-info', '--skip-triggers', '--skip-extended-insert', '--hex-blob', '--compact'],
  ...['--single-transaction', '--quick', '--no-tablespaces', '--default-character-set=utf8mb4', '--max-allowed-packet=1G'],
]

/** What is to be dumped: rows of a table. */
interface Wanted {
  readonly database: string
  readonly table: string
  /** SQL that is ours. */
  readonly where: string
}

interface From {
  readonly host: Host
  readonly client: DatabaseClient
}

const wordsFor = ({ host, client }: From, { database, table, where }: Wanted, more: readonly string[] = []): readonly string[] =>
  client.words(host.database.dumpProgram, [...SHAPE, ...more, `--where=${where}`, '--', database, table])

/**
 * Some rows of a table as INSERT statements that name their columns, a line each, which a person may look at in a
 * terminal.
 * @param most bytes
 * @throws when they are more
 */
export async function dumpRows(from: From, wanted: Wanted, most: number): Promise<string> {
  const quiet = from.client.shell.with({ onLine: () => {}, maxOutput: most, ...queryLimits(from.host) })
  const printed = await quiet.ask(String)`${wordsFor(from, wanted, ['--complete-insert'])}`
  const rows = printed.split('\n').filter(line => line.startsWith('INSERT INTO '))
  return rows.map(row => `${plainText(row)}\n`).join('')
}

/** The same as a dump has them, as they come: there may be very many. */
export async function dumpedRows(
  from: From,
  wanted: Wanted,
  take: (output: AsyncIterable<Buffer>) => Promise<void>,
): Promise<void> {
  let hasBegun = false
  async function* watched(output: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const bytes of output) {
      hasBegun = true
      yield bytes
    }
  }
  const takeOutput = async (output: Readable): Promise<void> => await take(watched(output))
  const limits = dumpLimits(from.host, () => hasBegun)
  await from.client.shell.with({ takeOutput, onLine: () => {}, ...limits }).ask(() => undefined)`${wordsFor(from, wanted)}`
}

const LITERAL = /`(?:[^`]|``)*`|'(?:[^'\\]|\\[\s\S])*'/g
/** Whatever a terminal obeys, or shows in another order than it is. */
const COMMANDS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', 0: '\0', Z: '\u001a', b: '\b' }

/** The same statement, its texts with control characters in hex. */
const plainText = (statement: string): string =>
  statement.replace(LITERAL, literal => {
    if (literal.startsWith('`') || !COMMANDS.test(literal)) return literal
    const text = literal.slice(1, -1).replace(/\\([\s\S])/g, (_, letter: string) => ESCAPED[letter] ?? letter)
    return `_utf8mb4 0x${Buffer.from(text, 'utf8').toString('hex')}`
  })
