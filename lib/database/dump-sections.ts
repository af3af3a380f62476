import { open } from 'node:fs/promises'
import { beginsWith, linesOf } from './dump-file.ts'

/** How the part of a table begins in what mariadb-dump and mysqldump write. */
const header = (table: string): string => `-- Table structure for table \`${table.replaceAll('`', '``')}\`\n`

/** How a line begins with which the part of a table is over. Rows never begin so: they are INSERTs, one a line. */
const ENDS = [
  ...[
    '-- Table structure for table ',
    '-- Temporary ',
    '-- Final view ',
    '-- Sequence structure',
    '-- Dumping routines ',
    '-- Dumping events ',
  ],
  ...['/*!50003 SET @saved_cs_client', '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE', 'SET @holdfast_', 'SET sql_mode = @holdfast_'],
]

/** The session that mariadb-dump expects for its tables, and what it was before. */
const NAMES = ['sql_mode', 'character_set_client', 'character_set_results', 'collation_connection', 'time_zone']
const CHECKS = ['foreign_key_checks', 'unique_checks']
const BEGIN = `SET ${[...NAMES, ...CHECKS].map(name => `@holdfast_${name} = @@${name}`).join(', ')};
SET NAMES utf8mb4;
SET time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, unique_checks = 0;
`
const END = `SET ${[...NAMES, ...CHECKS].map(name => `${name} = @holdfast_${name}`).join(', ')};\n`

/**
 * Copies the parts of some tables from one dump to the end of another: their definitions and rows.
 * @returns the tables that it has
 */
export async function copyTables(dump: string, into: string, tables: readonly string[]): Promise<readonly string[]> {
  const wanted = new Map(tables.map(table => [header(table), table]))
  const found: string[] = []
  let isCopying = false
  await using target = await open(into, 'a')
  for await (const lines of linesOf(dump)) {
    const copied: Buffer[] = []
    for (const line of lines) {
      const table = beginsWith(line, '-- Table ') ? wanted.get(line.toString()) : undefined
      if (table !== undefined) {
        if (found.length === 0) copied.push(Buffer.from(BEGIN))
        copied.push(Buffer.from('\n--\n'))
        found.push(table)
      }
      isCopying = table !== undefined || (isCopying && !ENDS.some(end => beginsWith(line, end)))
      if (isCopying) copied.push(line)
    }
    if (copied.length > 0) await target.appendFile(Buffer.concat(copied))
  }
  if (found.length > 0) await target.appendFile(END)
  return found
}
