import type { DatabaseAccess } from '../core/database-access.ts'
import { dangersIn, type TreeLines } from '../core/tree-lines.ts'
import { listed } from '../core/wording.ts'
import { adminOf } from '../database/admin.ts'
import { claimText, recordedClaims, refuseClaimed } from '../database/claims.ts'
import { openOwnServer } from '../database/own-server.ts'
import { quoteText } from '../database/sql.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext } from '../host/site.ts'

/**
 * Keeps out of a restored tree what could make somebody root, or another user. A set chooses owners too, so no owner
 * makes a setuid file harmless; but a site can make one by itself, so it is still restored.
 * @returns whether that has changed it
 * @throws when there is a device
 */
export async function clearSetuidBits(tree: string, lines: TreeLines, shell: Shell): Promise<boolean> {
  const { devices, programs } = dangersIn(lines)
  if (devices.length > 0) throw new Error(`the set holds what no site may have, a device: ${listed(devices)}`)
  if (programs.length === 0) return false
  const changing = { writes: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE', 'CAP_FOWNER'] } as const
  await shell.act`${sandboxed(['find', tree, ...PROGRAMS, '-exec', 'chmod', 'ug-s', '{}', '+'], changing)}`
  shell.note('significant', `setuid and setgid bits are cleared: ${listed(programs)}`)
  return true
}

/** Files that run as their owner or group. Of a folder, such a right says only whose the files in it are. */
const PROGRAMS = ['-type', 'f', '-perm', '/6000']

/** The paths that {@link clearSetuidBits} looks for, as find(1) takes it. */
export const DANGERS = ['(', '-type', 'b', '-o', '-type', 'c', '-o', ...PROGRAMS, ')'] as const

/**
 * Refuses a set whose configuration names a database or an account that is on this server already and is neither
 * recorded as the site's nor opened by its password (S41): something that Holdfast does not manage may own it.
 * @throws with what a person can do, when it is meant
 */
export async function refuseUnowned(context: HostContext, site: string, access: DatabaseAccess): Promise<void> {
  refuseClaimed(context.host, site, access, 'own')
  const recorded = recordedClaims(context.host, site)
  const admin = adminOf(context)
  const count = (from: string, column: string, name: string): string =>
    `(SELECT COUNT(*) FROM ${from} WHERE ${column} = ${quoteText(name)})`
  const [databases, accounts] = await admin.ask<readonly [number, number]>(
    `SELECT JSON_ARRAY(${count('information_schema.schemata', 'schema_name', access.database)}, ${count('mysql.user', 'user', access.user)});`,
  )
  const unowned = [
    ...(databases > 0 && !recorded.some(one => one.database === access.database) ? [`database "${access.database}"`] : []),
    ...(accounts > 0 && !recorded.some(one => one.user === access.user) ? [`account "${access.user}"`] : []),
  ]
  if (unowned.length === 0) return
  if ('address' in (await openOwnServer(context, databases > 0 ? access : { ...access, database: '' }))) return
  throw new Error(
    `the ${unowned.join(' and the ')} is on this server already, its password is another, and it is not recorded as that of ${site}; if it is meant, say so in ${claimText(context.host, site, access)}`,
  )
}
