import type { CommandFailed } from '../engine/process.ts'
import { beginsWith, linesOf } from './dump-file.ts'

/**
 * Errors whose quoted words are names: of accounts, databases, tables, rights. All others may quote what is in a row.
 */
const OF_NAMES = ['1114', '1044', '1045', '1049', '1142', '1143', '1146', '1227', '1305', '1370', '1419', '2002', '2006', '2013']

/**
 * Why a dump could not be imported, in one line, with the table and the row. The client prints the whole statement, and
 * the server quotes values: nothing of either is reported.
 * @param importable the file that the client was given
 */
export async function importFailure({ stderr, how }: CommandFailed, importable: string): Promise<Error> {
  const last = stderr.slice(stderr.lastIndexOf('\nERROR ') + 1, stderr.length)
  const found = /^ERROR(?: (\d+) (\(\w+\)))?(?: at line (\d+))?[^:]*: (.*)/.exec(last)
  if (!found) return new Error(`the dump cannot be imported: the client ${how}`)
  const [, code = '', state = '', line, message = ''] = found
  const where = line === undefined ? '' : ` at ${await placeIn(importable, Number(line))}`
  const said = OF_NAMES.includes(code) ? message : message.replace(/ ['"].*/, " '…'")
  return new Error(
    `the dump cannot be imported: ${['ERROR', code, state].filter(Boolean).join(' ')}${where}: ${said}${hintFor(code)}`,
  )
}

/**
 * A view on another database, or triggers on a server that logs changes: the site's own rights are not enough, and will
 * not be.
 */
const hintFor = (code: string): string =>
  ['1142', '1419'].includes(code)
    ? '. --files-only brings back the files, --into the dump too, for an administrator to look at'
    : ''

const ROW = /^INSERT INTO (`(?:[^`]|``)*`)/

/** A line of a dump as people know it: the row of a table, else its number. */
async function placeIn(dump: string, wanted: number): Promise<string> {
  let number = 0
  let table: string | undefined
  let row = 0
  for await (const lines of linesOf([dump])) {
    for (const line of lines) {
      number += 1
      const [, name] = beginsWith(line, 'INSERT INTO ') ? (ROW.exec(line.toString('utf8', 0, 400)) ?? []) : []
      if (name !== undefined) row = name === table ? row + 1 : 1
      if (name !== undefined) table = name
      if (number === wanted)
        return name === undefined ? `line ${wanted} of it` : `row ${row} of the table ${name.slice(1, -1).replaceAll('``', '`')}`
    }
  }
  return `line ${wanted} of it`
}
