import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import { Secret } from '../core/secret.ts'
import { CommandFailed } from '../engine/process.ts'
import type { HostContext } from '../host/site.ts'
import { adminOf, queryFailed } from './admin.ts'
import { administrator, type DatabaseClient, siteAccount } from './client.ts'
import type { Definition, Definitions } from './definitions.ts'
import { loadDefinitions } from './definitions-file.ts'
import { IMPORT_OPTIONS } from './import.ts'
import { openOwnServer } from './own-server.ts'
import { quoteName, quoteText } from './sql.ts'
import { connectOption, queryLimits } from './time-limits.ts'

/** A definition that the server refused, and what it said. */
interface Refused {
  readonly definition: Definition
  readonly error: string
}

type Account = () => Promise<DatabaseAccess | undefined>

/** A file of definitions, and where they are to be made. */
interface Place {
  readonly file: string
  readonly database: string
  readonly site: string
}

/**
 * Makes the definitions of a file in a database. What came from a set must all be made, but for what the site's account
 * has no right to. What was live here is put back as far as it can be: a view that was broken cannot be, and must not
 * hold up the rest. What is not made is reported, with a file that holds its text.
 * @param account gives the site's own account; only asked for where there is something of a set to make
 * @throws when a definition of a set cannot be made
 */
export async function makeDefinitions(context: HostContext, { file, database, site }: Place, account: Account): Promise<void> {
  const { from, list, trusted = [], collation } = loadDefinitions(file)
  const byAdministrator = (sql: string): Promise<void> => runAs(context, administrator(context), database, sql)
  const makeAgain = async (): Promise<void> => {
    if (collation !== undefined) await adminOf(context).run(`ALTER DATABASE ${quoteName(database)} COLLATE ${collation};`)
  }
  await makeAgain()
  const asTheyWere = from === 'live' ? list : trusted
  const missing = await makeAll(asTheyWere, collation, byAdministrator)
  if (from === 'set' && list.length > 0) await makeAsSite(context, { file, database, site }, { list, collation }, account)
  // one that was live can want one of the set
  const refused = await makeAll(definitionsOf(missing), collation, byAdministrator)
  // a definition that was refused can leave that of its own time
  if (missing.length > 0 || (from === 'set' && list.length > 0)) await makeAgain()
  if (refused.length > 0) reportRefused(context, site, refused)
}

/** Makes definitions of a set by the site's own account. */
async function makeAsSite(
  context: HostContext,
  { file, database, site }: Place,
  { list, collation }: { readonly list: Definitions['list']; readonly collation: string | undefined },
  account: Account,
): Promise<void> {
  const access = await account()
  if (!access)
    throw new Error(`the views, triggers and routines in ${file} cannot be made: no wp-config.php of the site says its account`)
  const opened = await openOwnServer(context, access)
  if ('refused' in opened) throw new Error(`the database server does not let the site's account in: ${opened.refused}`)
  const client = siteAccount(context, access, opened.address)
  const refused = await makeAll(list, collation, sql => runAs(context, client, database, sql))
  const { true: forbidden = [], false: others = [] } = Object.groupBy(refused, ({ error }) =>
    FORBIDDEN.test(error) ? 'true' : 'false',
  )
  const [first] = others
  if (first) throw new Error(`the site's account ${access.user} cannot make the ${nameOf(first)}: ${first.error}`)
  if (forbidden.length > 0) reportRefused(context, site, forbidden)
}

/** The site's account has not the right to have such a thing: somebody else made it where the set comes from. */
const FORBIDDEN = /^ERROR (1044|1142|1143|1227|1370|1419) /

const definitionsOf = (refused: readonly Refused[]): Definition[] => refused.map(({ definition }) => definition)

const nameOf = ({ definition: { kind, name } }: Refused): string => `${kind} ${name}`

/**
 * Makes them one after the other; what fails is tried again after the others, since a view can want a later one, until
 * nothing more can be made.
 */
async function makeAll(
  list: readonly Definition[],
  collation: string | undefined,
  run: (sql: string) => Promise<void>,
): Promise<readonly Refused[]> {
  const refused: Refused[] = []
  for (let rest = list; rest.length > 0; ) {
    const failure = await attempt(() => run(rest.map(one => makeSql(one, collation)).join('\n')))
    if (!failure) break
    refused.push({ definition: rest[failure.line - 1]!, error: failure.error })
    rest = rest.slice(failure.line)
  }
  const isStuck = refused.length === 0 || refused.length === list.length
  return isStuck ? refused : await makeAll(definitionsOf(refused), collation, run)
}

/**
 * Where the client stopped, by the number of the line: each definition is one. @throws what is no refusal of a line: a
 * server that is down
 */
async function attempt(run: () => Promise<void>): Promise<{ line: number; error: string } | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    const failure = error instanceof CommandFailed ? queryFailed(error) : undefined
    if (failure?.isUnanswered) throw failure
    const said = error instanceof CommandFailed ? /^(ERROR \d+ \(\w+\)) at line (\d+): (.*)/m.exec(error.stderr) : null
    if (!said) throw error
    return { line: Number(said[2]), error: `${said[1]}: ${said[3]}` }
  }
}

/**
 * One line that makes a definition under its own settings. Its text travels as hexadecimal digits, so that no client
 * reads anything into it.
 */
function makeSql(
  { sql, sqlMode, charset, collation, databaseCollation, timeZone }: Definition,
  ofDatabase: string | undefined,
): string {
  const settings = [
    `sql_mode = ${quoteText(sqlMode)}`,
    ...(timeZone === undefined ? [] : [`time_zone = ${quoteText(timeZone)}`]),
    `character_set_client = ${charset}`,
    `collation_connection = ${collation}`,
  ]
  const make = `SET SESSION ${settings.join(', ')}; EXECUTE IMMEDIATE CONVERT(X'${Buffer.from(sql).toString('hex')}' USING utf8mb4);`
  const isOfToday = databaseCollation === undefined || ofDatabase === undefined || databaseCollation === ofDatabase
  return isOfToday ? make : `ALTER DATABASE COLLATE ${databaseCollation}; ${make} ALTER DATABASE COLLATE ${ofDatabase};`
}

async function runAs({ host }: HostContext, client: DatabaseClient, database: string, sql: string): Promise<void> {
  const words = client.words(host.database.clientProgram, [connectOption(host), ...IMPORT_OPTIONS, `--database=${database}`])
  await client.shell.with({ input: new Secret(sql), onLine: () => {}, ...queryLimits(host) }).act`${words}`
}

/** Says what of the live database could not be put back, and writes its text down for a person. */
function reportRefused({ host, shell }: HostContext, site: string, refused: readonly Refused[]): void {
  const file = join(host.paths.state, 'definitions', `${encodeURIComponent(site)}-${shell.now().toString(36)}.sql`)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const texts = refused.map(({ definition, error }) => `-- ${error}\nDELIMITER ;;\n${definition.sql};;\nDELIMITER ;\n`)
  writeFileSync(file, texts.join('\n'), { mode: 0o600 })
  for (const one of refused)
    shell.note(
      'problem',
      `${site}: the ${nameOf(one)} of its database could not be put back: ${one.error}; its text is in ${file}`,
    )
}
