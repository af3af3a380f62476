import type { Admin } from './admin.ts'
import { type Contents, contentsIn, listsOf } from './contents.ts'
import type { Dumping } from './dump-tables.ts'
import { columnsOf, type Plain, plainTables } from './plain-tables.ts'

/** What is asked of a database and its server before it is dumped. */
export interface DumpFacts {
  readonly contents: Contents
  readonly plain: Plain
  /** The version of the server. */
  readonly server: string
  /** Its `max_allowed_packet`, in bytes. */
  readonly packet: number
}

/** Of another server no record is kept: each question is a login there. */
const NOT_PLAIN: Plain = { tables: undefined, viewColumns: '' }

/** Asks for all of it in one question. @throws when there is no such database */
export async function dumpFacts(queries: Pick<Admin, 'rows'>, { client, database }: Dumping): Promise<DumpFacts> {
  const columns = client.isKept ? columnsOf(database) : ''
  const ofServer = "SELECT 'server', VERSION(), @@GLOBAL.max_allowed_packet;"
  const rows = await queries.rows(`${ofServer} ${listsOf(database)} ${columns}`)
  const contents = contentsIn(rows)
  if (contents === undefined) throw new Error(`there is no database "${database}" that could be dumped`)
  const [, server = '', packet] = rows[0]!
  return { contents, plain: client.isKept ? plainTables(rows, contents) : NOT_PLAIN, server, packet: Number(packet) }
}
