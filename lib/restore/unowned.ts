import type { DatabaseAccess } from '../core/database-access.ts'
import { adminOf } from '../database/admin.ts'
import { claimText, recordedClaim, refuseClaimed } from '../database/claims.ts'
import { openOwnServer } from '../database/own-server.ts'
import { quoteText } from '../database/sql.ts'
import type { HostContext } from '../host/host-context.ts'

/**
 * Refuses a set whose configuration names a database or an account that is on this server already and is not known to
 * be the site's (S41): it would take over what belongs to something that Holdfast does not manage. It is the site's
 * when it is recorded as such, or when its password opens it.
 * @throws with what a person can do, when it is meant
 */
export async function refuseUnowned(context: HostContext, site: string, access: DatabaseAccess): Promise<void> {
  refuseClaimed(context.host, site, access, 'own')
  const recorded = recordedClaim(context.host, site)
  const admin = adminOf(context)
  const count = (from: string, column: string, name: string): string =>
    `(SELECT COUNT(*) FROM ${from} WHERE ${column} = ${quoteText(name)})`
  const [databases, accounts] = await admin.ask<readonly [number, number]>(
    `SELECT JSON_ARRAY(${count('information_schema.schemata', 'schema_name', access.database)}, ${count('mysql.user', 'user', access.user)});`,
  )
  const unowned = [
    ...(databases > 0 && recorded?.database !== access.database ? [`database "${access.database}"`] : []),
    ...(accounts > 0 && recorded?.user !== access.user ? [`account "${access.user}"`] : []),
  ]
  if (unowned.length === 0) return
  if ('address' in (await openOwnServer(context, databases > 0 ? access : { ...access, database: '' }))) return
  throw new Error(
    `the ${unowned.join(' and the ')} is on this server already, its password is another, and it is not recorded as that of ${site}; if it is meant, say so in ${claimText(context.host, site, access)}`,
  )
}
