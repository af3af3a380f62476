import { isDeepStrictEqual } from 'node:util'
import type { DatabaseAccess, SqliteFile } from '../core/database-access.ts'
import { diskTrouble, messageOf } from '../core/wording.ts'
import { queriesOf } from '../database/admin.ts'
import { claimDatabase, refuseClaimed, type Server } from '../database/claims.ts'
import { administrator, type DatabaseClient, siteAccount } from '../database/client.ts'
import { type NotDumped, writeDump } from '../database/dump.ts'
import { DumpFolder } from '../database/dump-folder.ts'
import { readDumpRecord, writeDumpRecord } from '../database/dump-record.ts'
import { OpenedDump } from '../database/opened-dump.ts'
import { isOnOwnServer, openOwnServer } from '../database/own-server.ts'
import { grantStatement, missingRights } from '../database/rights.ts'
import type { Shell } from '../engine/shell.ts'
import { type Companion, dumpName, dumpNames, formerName, openCompanion } from '../host/companion.ts'
import { type OpenedFile, sameBytes } from '../host/opened-file.ts'
import type { OpenedFolder } from '../host/opened-folder.ts'
import type { HostContext, Site } from '../host/site.ts'
import { rememberOrTell } from '../host/state.ts'
import { databasesIn, type SiteDatabase } from '../restore/database-access.ts'
import { beforeProof, provenDatabase, rememberProof } from '../restore/proven-database.ts'
import { copySqlite } from '../wordpress/sqlite.ts'

/** A dump's name until it is complete. */
const beside = (name: string): string => `${name}.new`

/**
 * Dumps a site's databases into its companion folder. That one cannot be dumped keeps no other from it.
 * @throws when not all of each could be dumped; what could is in place then
 */
export async function dumpDatabases(context: HostContext, site: Site): Promise<void> {
  const { shell } = context
  await using companion = await openCompanion(site.folder, shell)
  await finishInterrupted(companion, shell)
  const config = beforeProof(context, site)
  const proven = await provenDatabase(context, site)
  const databases = proven ? [{ of: undefined, data: proven }] : await databasesIn(context, site, site.folder)
  const proof: Proof = { isGiven: proven !== undefined, config: databases.length === 1 ? config : undefined }
  const failed: string[] = []
  for (const database of databases) {
    const what = database.of === undefined ? '' : `the database ${database.of}: `
    await dumpInto(context, site, database, proof, companion).catch(error => {
      if (shell.stop.aborted) throw error
      failed.push(what + messageOf(error))
    })
  }
  await removeFormer(companion, databases, shell)
  if (failed.length > 0) throw new Error(failed.join('; '))
}

/** What shows that a site's account is that of its database. */
interface Proof {
  /** An earlier night has proven it. */
  readonly isGiven: boolean
  /** What to remember it with; undefined for a configuration that is not remembered. */
  readonly config: string | undefined
}

/** A dump that an interrupted run had finished is put in place, before another one may fail. */
async function finishInterrupted({ opened }: Companion, shell: Shell): Promise<void> {
  for (const left of opened ? DumpFolder.leftIn(opened) : [])
    await shell.act(`finish or remove what an interrupted run left in ${left.beside}`, () => left.finishLeft())
}

/** Dumps of databases that are the site's no longer are in its older backups. */
async function removeFormer({ opened }: Companion, databases: readonly SiteDatabase[], shell: Shell): Promise<void> {
  const wanted = databases.map(({ data, of }) => ('unknown' in data ? undefined : dumpName(data, of === undefined)))
  if (wanted.includes(undefined)) return
  const isWanted = (name: string): boolean => wanted.some(each => [each, each && formerName(each)].includes(name))
  for (const name of opened ? dumpNames(opened).filter(each => !isWanted(each)) : [])
    await shell.act(`remove ${name}, whose database the site no longer names`, () => opened?.removeAll(name))
}

/** @throws when not all of the database could be dumped; what could is in place then, and what is of no use is gone */
async function dumpInto(
  context: HostContext,
  site: Site,
  { of, data }: SiteDatabase,
  proof: Proof,
  companion: Companion,
): Promise<void> {
  if ('unknown' in data) throw new Error(of === undefined ? data.unknown : `it is not known, and not saved: ${data.unknown}`)
  const isOwn = of === undefined
  const { opened } = companion
  const name = dumpName(data, isOwn)
  using into = new DumpFolder(opened, name)
  try {
    if ('sqlite' in data) await copyInto(context, site, data, name, companion)
    else await dumpAs(context, site, { access: data, isOwn, proof }, into, companion)
  } catch (error) {
    await context.shell.act(`remove an unfinished ${beside(name)}`, () => into.giveUp())
    throw error
  }
}

const NO_SQLITE =
  'its database is a file of SQLite, which is saved with its other files: what was being written at that moment can be missing from it, since neither sqlite3 nor php-sqlite3 is installed, which could copy it'

/** A copy of an earlier night would be put in place of the newer file by a restore: without a new one there is none. */
async function copyInto({ host, shell }: HostContext, site: Site, data: SqliteFile, name: string, { opened }: Companion) {
  await shell.act(`copy the database of SQLite ${data.sqlite} into ${name}`, async () => {
    if (!opened) return
    using last = opened.plainFile(name)
    try {
      opened.removeFile(beside(name))
      using copy = opened.create(beside(name))
      const limited = shell.with({ timeout: host.deadlines.dump })
      if (await copySqlite(site.folder, data, copy, limited)) return await replace(opened, name, copy, last)
    } catch (error) {
      opened.removeFile(name)
      throw new Error(`its database of SQLite cannot be copied, and is saved as a file only: ${messageOf(error)}`)
    }
    for (const each of [name, beside(name)]) opened.removeFile(each)
    shell.note('warning', NO_SQLITE)
  })
}

async function dumpAs(
  context: HostContext,
  site: Site,
  claimed: { readonly access: DatabaseAccess; readonly isOwn: boolean; readonly proof: Proof },
  into: DumpFolder,
  { opened }: Companion,
): Promise<void> {
  const { host, shell } = context
  const { name } = into
  const { access, proof } = claimed
  const { server, client, grant } = await sourceOf(context, site, access, proof)
  await claimDatabase(host, site, claimed, server, shell).catch(error => {
    // it was compared with all that is recorded: that a full disk takes no more is no reason to make no backup
    if (diskTrouble(error) === undefined) throw error
    shell.note('problem', `its database cannot be recorded as its own: ${messageOf(error)}`)
  })
  using former = opened && (await formerDump(opened, name))
  const record = client.isKept ? readDumpRecord(context, site.name, name) : undefined
  const { notDumped, doubts, recorded } = await writeDump({ host, client, database: access.database, into, former, record })
  await shell.act(`put what has changed of ${name} in place`, async () => {
    into.putInPlace()
    opened?.removeAll(formerName(name)!)
    const made = await recorded()
    if (!isDeepStrictEqual(made, record))
      rememberOrTell(shell, 'the next dump is made anew', () => writeDumpRecord(context, site.name, name, made))
  })
  for (const doubt of doubts) shell.note('warning', doubt)
  if (notDumped.length > 0) throw new Error(incomplete(notDumped, grant))
}

/** The dump of an earlier night, while that is one file. */
async function formerDump(opened: OpenedFolder, name: string): Promise<OpenedDump | undefined> {
  const dump = OpenedDump.in(opened, formerName(name)!)
  if (await dump?.isComplete()) return dump
  dump?.[Symbol.dispose]()
  return undefined
}

/** Where a site's database is dumped from, and by whom. */
interface Source {
  readonly server: Server
  readonly client: DatabaseClient
  /** How its account gets the rights that it needs, where it is that account which dumps. */
  readonly grant: string | undefined
}

/** @throws when the database is another site's, or the site's account does not open it */
async function sourceOf(context: HostContext, site: Site, access: DatabaseAccess, proof: Proof): Promise<Source> {
  const { address } = access
  if (proof.isGiven || address.kind === 'default' || (await isOnOwnServer(context, access))) {
    refuseClaimed(context.host, site.name, access, 'own')
    // what the administrator says in the inventory needs no proof
    const opened = proof.isGiven || site.settings.database ? undefined : await openOwnServer(context, access)
    if (opened && 'refused' in opened) throw new Error(`its account cannot log in to its database: ${opened.refused}`)
    if (opened && proof.config !== undefined) await rememberProof(context, site, access, proof.config)
    return { server: 'own', client: administrator(context), grant: undefined }
  }
  refuseClaimed(context.host, site.name, access, 'elsewhere')
  const client = siteAccount(context, access, address)
  return { server: 'elsewhere', client, grant: await reportMissingRights(context, client, access.database) }
}

/** What an account has no right to see is missing from its dumps, and nothing says so: it is reported each night. */
async function reportMissingRights({ host, shell }: HostContext, client: DatabaseClient, database: string): Promise<string> {
  const queries = queriesOf(host, client)
  const [[account = ''] = [], ...grants] = await queries.rows('SELECT CURRENT_USER(); SHOW GRANTS;')
  const missing = missingRights(grants.flat(), database)
  const grant = grantStatement(database, account)
  if (missing.length > 0)
    shell.note(
      'warning',
      `its account has no right to ${missing.join(', ')}: what of its database needs that is not in the dump; the server's administrator types: ${grant}`,
    )
  return grant
}

function incomplete(notDumped: readonly NotDumped[], grant: string | undefined): string {
  const shown = notDumped
    .slice(0, MOST_SHOWN)
    .map(
      ({ kind, name, error, isKept }) => `${kind} ${name} (${error}${isKept ? '; its rows are those of an earlier dump' : ''})`,
    )
  const more = notDumped.length > MOST_SHOWN ? ` and ${notDumped.length - MOST_SHOWN} more` : ''
  const help = grant === undefined ? '' : `; if it is for want of rights, the server's administrator types: ${grant}`
  return `not all of its database could be dumped: ${shown.join(', ')}${more}; the rest is${help}`
}

/** What could not be dumped and is reported by its name. */
const MOST_SHOWN = 20

async function replace(companion: OpenedFolder, name: string, fresh: OpenedFile, last: OpenedFile | undefined): Promise<void> {
  if (last && (await sameBytes(fresh.path, last.path))) return companion.removeFile(beside(name))
  const time = new Date(1000 * Math.max(Math.floor(Date.now() / 1000), last ? Math.floor(last.stat.mtimeMs / 1000) + 1 : 0))
  fresh.setTimes(time, time)
  companion.rename(beside(name), name)
}
