import { messageOf } from '../core/wording.ts'
import { adminOf, QueryFailed } from '../database/admin.ts'
import { isOnOwnServer } from '../database/own-server.ts'
import { endConnections, readOnlyPlan } from '../database/read-only.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { accessesOf, databasesIn } from '../restore/database-access.ts'

/** Seconds in which a request that was under way may end by itself. */
const PATIENCE = 30

/**
 * Takes from the accounts of a site all rights but to read, and ends what they still do: whoever comes by another way
 * than the web, such as a crontab, writes nothing either.
 * @param remember is told what gives the rights back, before they are taken
 * @returns what could not be done, a sentence each
 */
export async function takeRights(
  context: HostContext,
  site: SitePlace,
  remember: (giveBack: readonly string[]) => void,
): Promise<readonly string[]> {
  const failed: string[] = []
  for (const access of accessesOf(await databasesIn(context, site, site.folder))) {
    try {
      if (!(await isOnOwnServer(context, access))) throw new Error('it is on another server')
      const { take, giveBack } = await readOnlyPlan(context, access)
      await endConnections(context, access.user, PATIENCE)
      if (take.length === 0) continue
      remember(giveBack)
      await adminOf(context).run(take.join(' '))
      // what came in between knows the former rights
      await endConnections(context, access.user, 0)
    } catch (error) {
      context.shell.stop.throwIfAborted()
      failed.push(`what writes to its database "${access.database}" otherwise than by the web goes on: ${messageOf(error)}`)
    }
  }
  return failed
}

/** Gives back what was taken. An account that is there no more gets nothing. @throws when it cannot be */
export async function giveRightsBack(context: HostContext, rights: readonly string[]): Promise<void> {
  for (const statement of rights)
    await adminOf(context)
      .run(statement)
      .catch(error => {
        if (!(error instanceof QueryFailed) || !NO_ACCOUNT.test(error.said)) throw error
        context.shell.note('warning', `rights cannot be given back, since the account is gone: ${statement}`)
      })
}

/** ER_PASSWORD_NO_MATCH, ER_CANT_CREATE_USER_WITH_GRANT */
const NO_ACCOUNT = /^(?:1133|1410) /
