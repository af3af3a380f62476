import { BadInput } from '../core/bad-input.ts'
import type { Admin } from '../database/admin.ts'
import { haveForeignKeys, tablesIn } from '../database/dump-of-tables.ts'
import { OpenedDump, openDump } from '../database/opened-dump.ts'
import { quoteText } from '../database/sql.ts'
import { COMPANION } from '../host/companion.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { RestoredDatabase, Restoring } from './transaction.ts'

/**
 * Which of some dumps have these tables: each is taken from the first that has it.
 * @param companion the folder in a restored tree that has them
 * @param dumps their names, that of the site's own database first
 * @throws {BadInput} for a table that is in none, with those that there are
 */
export async function dumpsOfTables(
  companion: OpenedFolder,
  dumps: readonly string[],
  tables: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found: [dump: string, tables: readonly string[]][] = []
  for (const name of dumps) {
    using dump = OpenedDump.in(companion, name)
    if (dump) found.push([name, await tablesIn(dump)])
  }
  const dumpOf = (table: string): string | undefined => found.find(([, there]) => there.includes(table))?.[0]
  const missing = tables.filter(table => dumpOf(table) === undefined)
  const there = found.flatMap(([, all]) => all).toSorted()
  if (missing.length > 0)
    throw new BadInput(`--table ${missing.join(', ')}: the backup has no such table; it has ${there.join(', ')}`)
  return Map.groupBy(tables, table => dumpOf(table)!)
}

/** The same of the databases that are brought back: those that have one of the tables, with those. */
export async function withTables(
  tree: string,
  databases: readonly RestoredDatabase[],
  tables: readonly string[],
): Promise<readonly RestoredDatabase[]> {
  using opened = OpenedFolder.open(tree)
  using companion = opened.folder(COMPANION)
  const found = await dumpsOfTables(
    companion,
    databases.map(({ dump }) => dump),
    tables,
  )
  return databases.flatMap(database => {
    const ofIt = found.get(database.dump)
    return ofIt === undefined ? [] : [{ ...database, tables: ofIt }]
  })
}

/** The same databases; of one of which a foreign key ties some of its tables to others, all of it. */
export async function wholeWhereTied(
  admin: Admin,
  restoring: Pick<Restoring, 'tree'>,
  databases: readonly RestoredDatabase[],
): Promise<readonly RestoredDatabase[]> {
  const found: RestoredDatabase[] = []
  for (const { tables, ...whole } of databases) {
    const isBySelf = tables && (await areUntied(admin, restoring, whole, tables))
    found.push(isBySelf ? { ...whole, tables } : whole)
  }
  return found
}

async function areUntied(
  admin: Admin,
  { tree }: Pick<Restoring, 'tree'>,
  { access, dump }: RestoredDatabase,
  tables: readonly string[],
): Promise<boolean> {
  const { database } = access
  if ((await tieOf(admin, { live: database, held: database }, tables)) !== undefined) return false
  using opened = openDump(tree, dump)
  return opened !== undefined && !(await haveForeignKeys(opened, tables))
}

/** @throws with the tables that would have to come too */
export async function refuseTied(admin: Admin, sides: Sides, tables: readonly string[]): Promise<void> {
  const tie = await tieOf(admin, sides, tables)
  if (tie !== undefined)
    throw new Error(
      `the foreign key ${tie.key} ties ${tie.table} to ${tie.referenced}: they cannot be brought back one without the other. Add --table ${tie.lacking}, or bring back all of the database (--db-only)`,
    )
}

/** Two databases, whose tables are to change places. */
interface Sides {
  readonly live: string
  readonly held: string
}

/**
 * A foreign key names the tables at both of its ends, wherever they are moved: a table cannot change places without the
 * other one. A table can be tied to itself.
 */
async function tieOf(admin: Admin, { live, held }: Sides, tables: readonly string[]) {
  const rows = await admin.rows(
    `SELECT constraint_schema, constraint_name, table_name, referenced_table_name FROM information_schema.referential_constraints WHERE constraint_schema IN (${quoteText(live)}, ${quoteText(held)});`,
  )
  const isMoved = (table: string | undefined): boolean => table !== undefined && tables.includes(table)
  for (const [database, key, table, referenced] of rows) {
    // what the live table itself refers to stays where it is, and the table with it
    const lacking =
      database === live && isMoved(referenced) ? table : database === held && isMoved(table) ? referenced : undefined
    if (lacking !== undefined && !isMoved(lacking)) return { key, table, referenced, lacking }
  }
  return undefined
}
