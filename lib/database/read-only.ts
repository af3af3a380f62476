import { setTimeout } from 'node:timers/promises'
import type { DatabaseAccess } from '../core/database-access.ts'
import type { HostContext } from '../host/site.ts'
import { adminOf } from './admin.ts'
import { accountName, escapePattern, quoteName, quoteText } from './sql.ts'

/** The rights that accounts had, as SHOW GRANTS says them: one statement each, which gives them back. */
export type FormerRights = readonly string[]

/** What an account keeps. */
const READS = 'SELECT, SHOW VIEW'

/**
 * What is to be done so that the accounts of a site's user read its database and change nothing in it.
 * @returns the statements, and those that undo them; both empty where it is so already
 * @throws where that cannot be: the account has rights to more than its database, or by a role
 */
export async function readOnlyPlan(
  context: HostContext,
  { database, user }: DatabaseAccess,
): Promise<{ readonly take: readonly string[]; readonly giveBack: FormerRights }> {
  const admin = adminOf(context)
  const hosts = await admin.rows(`SELECT Host FROM mysql.user WHERE User = ${quoteText(user)};`)
  const take: string[] = []
  const giveBack: string[] = []
  for (const [host = ''] of hosts) {
    const account = accountName(`${user}@${host}`)
    for (const [line = ''] of await admin.rows(`SHOW GRANTS FOR ${account};`)) {
      const [, rights = '', scope = ''] =
        /^GRANT (.*?) ON ((?:PROCEDURE |FUNCTION )?(?:\*|`(?:[^`]|``)*`)\.(?:\*|`(?:[^`]|``)*`)) TO /.exec(line) ?? []
      const isOwn = [quoteName(database), quoteName(escapePattern(database))].some(name => scope.includes(`${name}.`))
      if (/^(?:USAGE|SELECT|SELECT, SHOW VIEW)$/.test(rights) && !line.includes('WITH GRANT OPTION')) continue
      if (!isOwn)
        throw new Error(`its account ${account} may write elsewhere than in "${database}": ${scope === '' ? line : scope}`)
      const isRoutine = /^(?:PROCEDURE|FUNCTION) /.test(scope)
      take.push(`REVOKE ALL PRIVILEGES ON ${scope} FROM ${account};`)
      if (line.includes('WITH GRANT OPTION')) take.push(`REVOKE GRANT OPTION ON ${scope} FROM ${account};`)
      if (!isRoutine) take.push(`GRANT ${scope.endsWith('.*') ? READS : 'SELECT'} ON ${scope} TO ${account};`)
      giveBack.push(`${line};`)
    }
  }
  return { take, giveBack }
}

/** How many connections a site's user has. */
async function connectionsOf(context: HostContext, user: string): Promise<readonly string[]> {
  const found = await adminOf(context).rows(`SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ${quoteText(user)};`)
  return found.map(([id = '']) => id)
}

/** Milliseconds between two looks. */
const PAUSE = 100

/**
 * Waits until what a site's user has begun is done, so long at most, and ends what is left of it: a connection keeps
 * the rights with which it was made.
 * @param seconds how long it may take
 * @returns how many connections were ended
 */
export async function endConnections(context: HostContext, user: string, seconds: number): Promise<number> {
  const until = Date.now() + seconds * 1000
  let left = await connectionsOf(context, user)
  while (left.length > 0 && Date.now() < until) {
    await setTimeout(PAUSE, undefined, { signal: context.shell.stop })
    left = await connectionsOf(context, user)
  }
  const ended = left.length
  // by the name: one that has ended by itself meanwhile is no error
  if (ended > 0) await adminOf(context).run(`KILL USER ${quoteText(user)};`)
  return ended
}
