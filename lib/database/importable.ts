import { open } from 'node:fs/promises'
import { isSandboxLine, linesOf } from './dump-file.ts'
import { HistoryRows, type LastMoment } from './history-rows.ts'
import { importableStatement, type LeftOut } from './importable-statement.ts'
import { StatementReader } from './statements.ts'

/** What an import has to know of the dump that it was made of. */
export interface Importable {
  /** Bytes of its longest statement. */
  readonly longest: number
  readonly leftOut: readonly LeftOut[]
}

/** Rows can violate a CHECK that was added later, or without a look at them. */
const BEGIN = '/*M!100201 SET check_constraint_checks = 0 */; '

/**
 * Writes a dump as it may be imported into a database of any name: without definers, without the name of the database
 * that it was made of, without what is of other databases, without MariaDB's sandbox line, over which older clients
 * stumble. Its lines stay the same lines, and bytes that are not part of those stay what they are.
 * @param dump the files that it consists of, in their order
 * @param database the one that the dump was made of
 * @param into a path; made anew, mode 600
 * @param last of the server that imports it
 */
export async function writeImportable(
  dump: readonly string[],
  into: string,
  database: string,
  last: LastMoment,
): Promise<Importable> {
  await using target = await open(into, 'w', 0o600)
  await target.appendFile(BEGIN)
  const rows = new HistoryRows(last)
  let out: Buffer[] = []
  let longest = 0
  const leftOut: LeftOut[] = []
  const reader = new StatementReader({
    line: line => {
      longest = Math.max(longest, line.length)
      out.push(isSandboxLine(line) ? Buffer.from('\n') : rows.row(line))
    },
    statement: text => {
      longest = Math.max(longest, text.length)
      const statement = importableStatement(text, database)
      leftOut.push(...statement.leftOut)
      rows.statement(text)
      out.push(Buffer.from(statement.text, 'latin1'))
    },
  })
  for await (const lines of linesOf(dump)) {
    for (const line of lines) reader.take(line)
    await target.appendFile(Buffer.concat(out))
    out = []
  }
  reader.end()
  await target.appendFile(Buffer.concat(out))
  return { longest, leftOut }
}
