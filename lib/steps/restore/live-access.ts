import { join } from 'node:path'
import type { DatabaseAccess } from '../../core/database-access.ts'
import type { Transaction } from '../../core/restore-journal.ts'
import type { Hands } from '../../host/hands.ts'
import { databaseAccessOf } from '../database-access.ts'
import { placeOf, wpConfigIn } from '../sites.ts'

/** How a site's tree reaches its database: the live one, or one held beside it. Undefined for a static site or no tree. */
export async function accessFrom(hands: Hands, name: string, folder: string): Promise<DatabaseAccess | undefined> {
  const config = wpConfigIn(folder)
  return config === undefined ? undefined : await databaseAccessOf(hands, placeOf(hands.host, name), folder, config)
}

/**
 * The site's own account, for making definitions in its live database: as the live configuration says or, where that is the one that broke, as
 * another tree of the same restore says for the same database.
 */
export async function accountFor(hands: Hands, transaction: Transaction): Promise<DatabaseAccess | undefined> {
  const trees = [join(hands.host.vhosts, transaction.site), ...transaction.holdings.map(holding => join(holding, 'tree'))]
  for (const tree of trees) {
    try {
      const access = await accessFrom(hands, transaction.site, tree)
      if (access && access.database === transaction.database?.live) return access
    } catch {
      // a configuration that does not tell: the next tree may know
    }
  }
  return undefined
}
