import { adminOf, asksTogether } from '../database/admin.ts'
import { quoteText } from '../database/sql.ts'
import type { HostContext } from '../host/site.ts'
import { checksums, type SumsAsMade } from './database-look.ts'
import type { RestoredDatabase } from './transaction.ts'

type Context = Pick<HostContext, 'host' | 'shell'>

/**
 * Of databases of which some tables alone are to be imported, also those that visits have changed unseen since a set
 * made them, or may have: what is live is that of the set then, whatever its visitors did.
 */
export async function withUnseen(
  context: Context,
  databases: readonly RestoredDatabase[],
  asMade: SumsAsMade,
): Promise<readonly RestoredDatabase[]> {
  const found: RestoredDatabase[] = []
  for (const database of databases) {
    const { access, tables, unseen } = database
    const sums = tables ? await sumsIn(context, access.database, unseen, access.database) : {}
    const isAsMade = (name: string): boolean => sums[name] !== undefined && sums[name] === asMade[name]
    const changed = unseen.filter(table => !isAsMade(`${access.database}.${table}`))
    found.push(tables ? { ...database, tables: [...new Set([...tables, ...changed])] } : database)
  }
  return found
}

/** Those of what was imported, before anybody can visit it. */
export async function sumsAsMade(context: Context, { access, staged, tables, unseen }: RestoredDatabase): Promise<SumsAsMade> {
  return await sumsIn(context, staged, tables ? unseen.filter(one => tables.includes(one)) : unseen, access.database)
}

async function sumsIn(context: Context, database: string, tables: readonly string[], live: string): Promise<SumsAsMade> {
  if (tables.length === 0) return {}
  const admin = asksTogether(adminOf(context))
  const counters = `SELECT CONCAT(table_schema, '.', table_name), auto_increment FROM information_schema.tables WHERE table_schema = ${quoteText(database)} AND table_name IN (${tables.map(quoteText).join(', ')});`
  const [sums, rows] = await Promise.all([checksums(admin, database, tables), admin.rows(counters)])
  const counterOf = new Map(rows as [string, string][])
  return Object.fromEntries(sums.map(([name, sum]) => [`${live}${name.slice(database.length)}`, `${sum} ${counterOf.get(name)}`]))
}
