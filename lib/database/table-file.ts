import type { OpenedFile } from '../host/opened-file.ts'
import { quoteName } from './sql.ts'

/** The file of a table in a dump: what comes before its rows, and after them. */
export interface TableFile {
  readonly head: Buffer
  /** What SHOW CREATE TABLE said, within the head. */
  readonly definition: string
  readonly tail: Buffer
}

/** Bytes of what comes before and after the rows, at most. */
const LONGEST = 1 << 20

const BEGIN = '\nCREATE TABLE '
const END = ';\n/*!40101 SET character_set_client = @saved_cs_client */;\n'

/** Takes the file of a table apart; undefined where it is not made as mariadb-dump makes it. */
export function tableFile(file: OpenedFile, table: string): TableFile | undefined {
  const first = file.head(LONGEST)
  const begin = first.indexOf(BEGIN) + 1
  const end = first.indexOf(END, begin)
  const [rows, after] = ['DISABLE', 'ENABLE'].map(what =>
    Buffer.from(`/*!40000 ALTER TABLE ${quoteName(table)} ${what} KEYS */;\n`),
  )
  const from = first.indexOf(rows!, end)
  const last = file.part(Math.max(0, file.stat.size - LONGEST), LONGEST)
  const to = last.lastIndexOf(after!)
  if (begin === 0 || end < 0 || from < 0 || to < 0) return undefined
  const head = first.subarray(0, from + rows!.length)
  const tail = last.subarray(to)
  if (head.length + tail.length > file.stat.size) return undefined
  return { head, definition: first.toString('utf8', begin, end), tail }
}

/** The same head with another definition. */
export function headWith({ head, definition }: TableFile, other: string): Buffer {
  const at = head.indexOf(BEGIN) + 1
  return Buffer.concat([head.subarray(0, at), Buffer.from(other), head.subarray(at + Buffer.byteLength(definition))])
}

/** What is between head and tail, as it comes. */
export function* rowsOf(file: OpenedFile, { head, tail }: TableFile): Generator<Buffer> {
  const end = file.stat.size - tail.length
  for (let at = head.length; at < end; at += LONGEST) yield file.part(at, Math.min(LONGEST, end - at))
}

/** A definition without the next number of its AUTO_INCREMENT, which any new row changes. */
export const withoutCounter = (definition: string): string => definition.replace(/(\n\) ENGINE=\w+) AUTO_INCREMENT=\d+/, '$1')
