import { join } from 'node:path'
import { printTime, type RestorePoint } from '../core/restore-point.ts'
import { listed } from '../core/wording.ts'
import { adminOf } from '../database/admin.ts'
import { claimDatabase } from '../database/claims.ts'
import { readSides } from '../database/definitions.ts'
import { saveDefinitions } from '../database/definitions-file.ts'
import { filesOfTables } from '../database/dump-of-tables.ts'
import { importAccount, importDump } from '../database/import.ts'
import type { LeftOut } from '../database/importable-statement.ts'
import { openDump } from '../database/opened-dump.ts'
import { assertOwnServer } from '../database/own-server.ts'
import { quoteName, quoteText } from '../database/sql.ts'
import { DuplicityError } from '../duplicity/errors.ts'
import { fetchTree } from '../duplicity/io/fetch.ts'
import type { Step } from '../engine/step.ts'
import { COMPANION, dumpName, dumpsIn } from '../host/companion.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { type HostContext, type Site, webRootIn } from '../host/site.ts'
import { lookAtTree } from '../host/tree-look.ts'
import { accessesOf, databasesIn } from '../restore/database-access.ts'
import { assertRoomToImport } from '../restore/disk-space.ts'
import { pendingOf, updatePending } from '../restore/journal.ts'
import { partsOf, type Scope } from '../restore/recovery.ts'
import { restoredDatabases } from '../restore/restored-databases.ts'
import { refuseTied, wholeWhereTied } from '../restore/restored-tables.ts'
import type { Guarded, Restored, RestoredDatabase, Restoring } from '../restore/transaction.ts'
import { withUnseen } from '../restore/unseen-tables.ts'
import { refuseUnowned } from '../restore/untrusted-set.ts'
import type { Needs } from '../store/facts.ts'
import type { ListedTree } from './list-restored.ts'

/** What is brought back, from where, and where it is made. */
export type Fetches = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection'> & {
  restoring: Restoring
  point: RestorePoint
  scope: Scope
}

/** Phase (a): the files of the set in a new folder on the site's file system. */
export const restoreFiles: Step<Fetches, void> = {
  name: 'restore-files',
  title: ({ point }) => `Restore the files of ${printTime(point.time)}`,
  run: async ({ host, secrets, site, siteArchive, collection, restoring, point, scope }, shell) => {
    const common = { host, secrets, site: site.name, archive: siteArchive, collection, point }
    for (const path of partsOf(scope) ?? [undefined]) {
      const into = path === undefined ? restoring.tree : join(restoring.tree, path)
      try {
        await fetchTree({ ...common, into, ...(path === undefined ? {} : { path }) }, shell)
      } catch (error) {
        if (!(error instanceof DuplicityError) || error.fault !== 'not-in-backup') throw error
        throw new Error(notThere(site.name, point, scope.database ? undefined : path))
      }
    }
  },
}

const notThere = (site: string, { time }: RestorePoint, path: string | undefined): string =>
  path === undefined
    ? `the backup of ${printTime(time)} has no database of ${site}: it was made of a static site, or without its database`
    : `the backup of ${printTime(time)} has no ${path} of ${site}`

/**
 * Phase (b): the files are those of a site, the configuration can be read and the dump is whole. In a dry run there is
 * nothing to look at but the live site.
 */
export const checkFiles: Step<
  Needs<'host' | 'secrets' | 'request' | 'site'> & ListedTree & { restoring: Restoring; point: RestorePoint; scope: Scope },
  { restored: Restored } & ListedTree
> = {
  name: 'check-files',
  title: 'Check the files',
  run: async ({ host, secrets, request, site, restoring, point, scope, lines }, shell) => {
    if (request.dryRun)
      return { restored: scope.database ? await predicted({ host, secrets, shell }, site, restoring, scope) : NO_DATABASE, lines }
    const { tree } = restoring
    if (scope.files) checkSite(tree, site.folder)
    if (!scope.database) return { restored: NO_DATABASE, lines }
    if (!scope.files && dumpsIn(tree).length === 0) throw new Error(notThere(site.name, point, undefined))
    const restored = await restoredDatabases({ host, secrets, shell }, site, restoring, scope)
    return { restored, lines: restored.isCopied ? await lookAtTree(tree, shell) : lines }
  },
}

const NO_DATABASE: Restored = { databases: [], named: [], isCopied: false }

/**
 * What a dry run takes the restored site for: what the live one is. Where that cannot be read, as on the day it broke,
 * it says what it leaves out.
 */
async function predicted(context: HostContext, site: Site, { staged }: Restoring, { tables }: Scope): Promise<Restored> {
  if (!site.local) context.shell.note('info', `${site.name} has no folder here: ${UNTOLD}`)
  const databases = site.local ? await databasesIn(context, site, site.folder) : []
  for (const { data } of databases) if ('unknown' in data) context.shell.note('info', `${data.unknown}: ${UNTOLD}`)
  return {
    named: accessesOf(databases),
    isCopied: false,
    databases: databases.flatMap(({ of, data }) => {
      const isOwn = of === undefined
      if (!('database' in data) || (tables.length > 0 && !isOwn)) return []
      const some = tables.length > 0 ? { tables } : {}
      return [{ access: data, isOwn, dump: dumpName(data, isOwn), differing: undefined, unseen: [], staged, ...some }]
    }),
  }
}

const UNTOLD =
  'which database it has is read from the backup once that is restored; a dry run cannot show how it is imported and put in place'

function checkSite(tree: string, live: string): void {
  using opened = OpenedFolder.open(tree)
  const found = webRootIn(opened, live)
  if (found.kind !== 'folder')
    throw new Error(`the set holds no site: ${found.kind === 'refused' ? found.why : 'there is no folder SITE in it'}`)
  using root = opened.folder(found.way)
  if (root.names().length === 0) throw new Error('the set holds no site: its folder SITE is empty')
  const companion = opened.look(COMPANION)
  if (companion && (!companion.isDirectory() || companion.uid !== (process.geteuid?.() ?? 0))) {
    throw new Error(`${COMPANION} in the set is not Holdfast's own folder: somebody else made it`)
  }
}

export type ImportNeeds = Needs<'host' | 'secrets' | 'site'> & { restoring: Restoring } & Pick<Restored, 'databases'>

/** Phase (c): each dump in a database of its own, through an account that reaches that one and no other (S41). */
export const importDatabase: Step<ImportNeeds & Guarded & { scope: Scope }, { imported: true } & Pick<Restored, 'databases'>> = {
  name: 'import',
  title: 'Import the database beside the live one',
  run: async ({ host, secrets, site, restoring, databases: asked, scope, asMade }, shell) => {
    const context = { host, secrets, shell }
    const databases =
      scope.tables.length > 0
        ? asked
        : await wholeWhereTied(adminOf(context), restoring, await withUnseen(context, asked, asMade))
    for (const database of databases) {
      await assertOwnServer(context, database.access)
      await refuseUnowned(context, site.name, database.access)
      await refuseUnreadable(context, database)
      await claimDatabase(host, site, database, 'own', shell)
    }
    const what = databases
      .map(({ dump, staged, tables }) => `${tables ? `${listed(tables)} of ` : ''}${dump} into ${staged}`)
      .join(', ')
    await shell.act(`import ${what}`, async () => {
      const isChoice = pendingOf(host, site.name).task === 'recover'
      if (scope.tables.length === 0) await assertRoomToImport(context, restoring, databases, isChoice ? scope : undefined)
      for (const database of databases) await importOne(context, site.name, restoring, database)
    })
    return { imported: true, databases }
  },
}

async function importOne(context: HostContext, site: string, restoring: Restoring, database: RestoredDatabase): Promise<void> {
  const { host, shell } = context
  const { access, staged } = database
  using dump = openDump(restoring.tree, database.dump)
  if (!dump) throw new Error(`the restored tree has no database dump (${database.dump}) any more`)
  const { databases } = pendingOf(host, site).scratch
  const scratch = { databases: [...databases, staged], accounts: [importAccount(host, staged)] }
  updatePending(host, { ...pendingOf(host, site), scratch })
  const beside = join(restoring.holding, 'import.sql')
  const files = database.tables ? await filesOfTables(dump, database.tables, restoring.holding) : dump.paths
  const leftOut = await importDump(context, { dump: files, beside, database: staged, of: access.database })
  if (database.tables) await refuseTied(adminOf(context), { live: access.database, held: staged }, database.tables)
  const keepsTriggers = database.tables !== undefined && !dump.isFolder
  if (keepsTriggers)
    shell.note(
      'info',
      `of an older backup the triggers of a table are not known by themselves: ${listed(database.tables)} keep those that they have`,
    )
  const kept = await planExchange(context, site, restoring, { ...database, keepsTriggers }, leftOut)
  for (const { kind, name, why } of leftOut.filter(one => !kept.includes(one.name)))
    shell.note('problem', `the ${kind} ${name} is not restored: ${why}`)
}

/**
 * A table without its files cannot change places with the restored one. @throws when the live database has such tables:
 * it names them and what to type
 */
async function refuseUnreadable(context: HostContext, { access: { database }, tables: wanted }: RestoredDatabase): Promise<void> {
  const unopened = `SELECT table_name FROM information_schema.tables WHERE table_schema = ${quoteText(database)} AND table_type <> 'VIEW' AND engine IS NULL;`
  const all = (await adminOf(context).rows(unopened)).map(([name]) => name!)
  const lost = all.filter(name => wanted === undefined || wanted.includes(name))
  if (lost.length === 0) return
  const tables = lost.map(table => `${quoteName(database)}.${quoteName(table)}`).join(', ')
  throw new Error(
    `the live database has tables that the server cannot open, so they cannot be kept: ${lost.join(', ')}. If nothing can save them, drop them and recover again: DROP TABLE ${tables};`,
  )
}

/**
 * Writes down which databases will change places, with what each defines besides its tables, and marks the new one.
 * @returns views that could not be imported and stay as they are live
 */
async function planExchange(
  context: HostContext,
  site: string,
  restoring: Restoring,
  { access, staged, tables, keepsTriggers }: RestoredDatabase & { readonly keepsTriggers: boolean },
  leftOut: readonly LeftOut[],
): Promise<readonly string[]> {
  const admin = adminOf(context)
  const sides = { live: access.database, held: staged }
  const { isLive, live, set, keptViews } = await readSides(admin, { ...sides, tables, keepsTriggers }, leftOut)
  const madeLive = !isLive
  const exchange = {
    ...sides,
    marker: `holdfast_${restoring.id}`,
    liveDefinitions: join(restoring.holding, `former-${staged}.json`),
    heldDefinitions: join(restoring.holding, `restored-${staged}.json`),
    tables,
    madeLive,
  }
  const pending = pendingOf(context.host, site)
  // the account that filled it is gone by now
  const scratch = { ...pending.scratch, accounts: [] }
  updatePending(context.host, { ...pending, scratch, databases: [...pending.databases, exchange] })
  if (madeLive) await admin.run(`CREATE DATABASE ${quoteName(access.database)} CHARACTER SET utf8mb4;`)
  saveDefinitions(set, exchange.heldDefinitions)
  saveDefinitions(live, exchange.liveDefinitions)
  await admin.run(`CREATE TABLE ${quoteName(exchange.held)}.${quoteName(exchange.marker)} (restored INT);`)
  return keptViews
}
