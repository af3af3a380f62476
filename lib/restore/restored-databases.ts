import { join } from 'node:path'
import { type DatabaseAccess, dumpsByDatabase } from '../core/database-access.ts'
import { partNamed, tablesOfParts } from '../database/dump-parts.ts'
import { differingParts, openDump } from '../database/opened-dump.ts'
import { isOnOwnServer } from '../database/own-server.ts'
import { COMPANION, DUMP, dumpsIn, isSqlDump } from '../host/companion.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { putSqliteCopy } from '../wordpress/sqlite.ts'
import { accessesOf, databasesIn } from './database-access.ts'
import { isSeenWhole } from './database-look.ts'
import { beforeProof, provenInTree } from './proven-database.ts'
import type { Scope } from './recovery.ts'
import { withTables } from './restored-tables.ts'
import type { Restored, RestoredDatabase, Restoring } from './transaction.ts'

/**
 * The databases that a restored tree brings back: those that the site names, each with its dump. One beside its own
 * that cannot be brought back here is reported, and so is a dump that is of none of them.
 * @returns none for a static site
 * @throws when its own one is not known or has no dump, or a dump is not whole
 */
export async function restoredDatabases(
  context: HostContext,
  site: SitePlace,
  { tree, staged }: Restoring,
  scope: Scope,
): Promise<Restored> {
  const config = scope.files ? beforeProof(context, { ...site, folder: tree }) : undefined
  const proven = config === undefined ? undefined : await provenInTree(context, site, tree)
  const named = proven ? [{ of: undefined, data: proven }] : await databasesIn(context, site, scope.files ? tree : site.folder)
  if (named.length === 0 && !scope.files)
    throw new Error(`${site.folder} has no wp-config.php that says which database to bring back`)
  let isCopied = false
  const found = new Map<string, { readonly access: DatabaseAccess; readonly of: string | undefined }>()
  for (const { of, data } of named) {
    const isOwn = of === undefined
    if ('unknown' in data) {
      if (isOwn) throw new Error(data.unknown)
      notRestored(context, of, data.unknown)
    } else if ('sqlite' in data) {
      if (!scope.files && isOwn) throw new Error(`its database is a file of SQLite: bring it back with --path ${data.sqlite}`)
      if (scope.files && putSqliteCopy(tree, data, isOwn)) {
        context.shell.note('info', `${data.sqlite} is as it was copied before the backup`)
        isCopied = true
      }
    } else if (isOwn || (await isHere(context, of, data))) {
      // on this host's own server, a name is one database, however the server's address is written
      if (!found.has(data.database)) found.set(data.database, { access: data, of })
    }
  }
  const dumps = dumpsIn(tree).filter(isSqlDump)
  const own = named.find(({ of }) => of === undefined)?.data
  const dumpOf = dumpsByDatabase(
    [...found.keys()],
    own && 'database' in own ? own.database : undefined,
    await Promise.all(dumps.map(async name => ({ name, database: await namedIn(tree, name) }))),
  )
  const restored: RestoredDatabase[] = []
  for (const [database, { access, of }] of found) {
    const dump = dumpOf.get(database)
    if (dump === undefined && of === undefined)
      throw new Error(`the set has no database dump (${COMPANION}/${DUMP}), though the site has a wp-config.php`)
    if (dump === undefined) notRestored(context, of!, `the set has no dump of "${database}"`)
    else
      restored.push(
        await checked(tree, site.folder, dump, { access, isOwn: of === undefined, staged: nth(staged, restored.length) }),
      )
  }
  const accesses = accessesOf(named)
  if (scope.tables.length > 0) return { databases: await withTables(tree, restored, scope.tables), named: accesses, isCopied }
  for (const name of found.size === 0 ? [] : dumps.filter(each => !restored.some(({ dump }) => dump === each)))
    context.shell.note(
      'problem',
      `a dump in the set is of none of its databases, and not imported: ${join(site.folder, COMPANION, name)}`,
    )
  const proof = config === undefined ? {} : { proof: { config, isGiven: proven !== undefined } }
  return { databases: restored, named: accesses, isCopied, ...proof }
}

const notRestored = ({ shell }: HostContext, of: string, why: string): void =>
  shell.note('problem', `the database ${of} is not restored, and stays as it is: ${why}`)

async function isHere(context: HostContext, of: string, access: DatabaseAccess): Promise<boolean> {
  const isOwn = await isOnOwnServer(context, access).catch(() => false)
  if (!isOwn) notRestored(context, of, "it is not on this host's database server")
  return isOwn
}

/** The name of a database that is filled, of several. */
const nth = (staged: string, index: number): string => (index === 0 ? staged : `${staged}_${index}`)

async function namedIn(tree: string, name: string): Promise<string | undefined> {
  using dump = openDump(tree, name)
  return await dump?.database()
}

async function checked(
  tree: string,
  live: string,
  name: string,
  database: Pick<RestoredDatabase, 'access' | 'isOwn' | 'staged'>,
): Promise<RestoredDatabase> {
  using dump = openDump(tree, name)
  if (!dump || !(await dump.isComplete()))
    throw new Error(`the database dump in the set is not complete: ${name} lacks a part, or its completion line`)
  using former = openDump(live, name)
  const parts = former && (await differingParts(dump, former))
  const names = dump.files.map(file => file.name)
  return {
    ...{ ...database, dump: name, differing: parts && tablesOfParts(parts) },
    unseen: tablesOfParts(names.filter(part => isUnseen(part, database.access.tablePrefix))) ?? [],
  }
}

function isUnseen(name: string, prefix: string): boolean {
  const part = partNamed(name)
  return part?.kind === 'table' && part.of !== undefined && !isSeenWhole(part.of, prefix)
}
