import { hash } from 'node:crypto'
import { basename, dirname, relative } from 'node:path'
import { z } from 'zod'
import type { DatabaseAccess } from '../core/database-access.ts'
import { Secret } from '../core/secret.ts'
import { adminOf } from '../database/admin.ts'
import { OWN_SERVER, recordedClaims } from '../database/claims.ts'
import { isOwnAddress } from '../database/own-server.ts'
import { quoteText } from '../database/sql.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { memoryOfSites, rememberOrTell } from '../host/state.ts'
import { configsFrom } from '../wordpress/find-config.ts'
import { isSelfContained } from '../wordpress/self-contained.ts'

const address = z.union([
  z.object({ kind: z.literal('default') }),
  z.object({ kind: z.literal('socket'), path: z.string() }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number() }),
])

/** That a site's account was let in to its database, and by what. No password is in it. */
const proof = z.object({
  at: z.number(),
  /** The site's wp-config.php: what nobody but root can give to another file. */
  config: z.string(),
  /** What the server knew of the account, its password among it, hashed. */
  account: z.string(),
  access: z.object({ database: z.string(), user: z.string(), tablePrefix: z.string(), charset: z.string().optional(), address }),
})
export type Proof = z.output<typeof proof>
const memory = memoryOfSites('database-proofs', proof)

/** Seconds for which a proof stands, whatever has not changed. */
const LONGEST = 7 * 86_400
/** Seconds that a file must have been as it is: a later change can have the same time. */
const SETTLED = 2

/** Whether a proof of an earlier night still stands. */
export const stands = (proof: Proof, now: Pick<Proof, 'config' | 'account'> & { readonly now: number }): boolean =>
  proof.config === now.config && proof.account === now.account && proof.at <= now.now && now.now - proof.at < LONGEST * 1000

/**
 * The one database of a site that an earlier night has proven to be its own, where its configuration is the same file
 * and the server knows the same of its account. Undefined where that is to be proven again: then PHP runs the
 * configuration, and the account logs in.
 * @returns without a password
 */
export async function provenDatabase(context: HostContext, site: SitePlace): Promise<DatabaseAccess | undefined> {
  try {
    const known = site.settings.database ? undefined : memory.read(context.host, site.name)
    const config = known && configMark(site)
    if (!known || config !== known.config) return undefined
    const { access } = known
    if (access.address.kind !== 'default' && !(await isOwnAddress(context, access.address))) return undefined
    const account = await accountMark(context, access.user)
    if (account === undefined || !stands(known, { config, account, now: context.shell.now() })) return undefined
    return { ...access, charset: access.charset, password: new Secret('') }
  } catch (error) {
    if (context.shell.stop.aborted) throw error
    return undefined // it is proven again
  }
}

/**
 * The same of a restored tree, where its configuration is the live one word for word, and the account is recorded as
 * the site's.
 */
export async function provenInTree(context: HostContext, site: SitePlace, tree: string): Promise<DatabaseAccess | undefined> {
  const text = configText({ ...site, folder: tree })
  const access = text !== undefined && text === configText(site) ? await provenDatabase(context, site) : undefined
  return access && isRecorded(context, site.name, access) ? access : undefined
}

const isRecorded = ({ host }: HostContext, site: string, { database, user }: DatabaseAccess): boolean =>
  recordedClaims(host, site).some(one => one.server === OWN_SERVER && one.database === database && one.user === user)

/** What a site's configuration is before it is run; undefined for one of which nothing is to be remembered. */
export function beforeProof(context: HostContext, site: SitePlace): string | undefined {
  try {
    return site.settings.database ? undefined : configMark(site, context.shell.now())
  } catch {
    return undefined // who runs it says what is wrong
  }
}

/** Remembers that a replica's account is let in, by the configuration that is live since its tree was put in place. */
export async function rememberOfReplica(
  context: HostContext,
  site: SitePlace,
  [access, other]: readonly DatabaseAccess[],
  { config, isGiven }: TreeProof,
): Promise<void> {
  if (!access || other || !isRecorded(context, site.name, access)) return
  await rememberProof(context, site, access, config, isGiven ? memory.read(context.host, site.name)?.at : undefined)
}

/** What is known of the configuration in a restored tree, if something of it is to be remembered. */
export interface TreeProof {
  /** What it was before it was run. */
  readonly config: string
  /** What it says was proven before: it was not run, and what it names has no password. */
  readonly isGiven: boolean
}

/**
 * Remembers that a site's account was let in, by the configuration that was there before.
 * @param at when it was
 */
export async function rememberProof(
  context: HostContext,
  site: SitePlace,
  { database, user, tablePrefix, charset, address }: DatabaseAccess,
  config: string,
  at = context.shell.now(),
): Promise<void> {
  if (configMark(site) !== config) return
  const account = await accountMark(context, user).catch(() => undefined)
  if (account === undefined) return
  const access = { database, user, tablePrefix, address, ...(charset === undefined ? {} : { charset }) }
  await context.shell.act(`remember that ${user} opens the database ${database}`, () =>
    rememberOrTell(context.shell, 'the site has to prove again that its database is its own', () =>
      memory.write(context.host, site.name, { at, config, account, access }),
    ),
  )
}

/** What the configuration is, if it is a site's only one and says all by itself; no link is followed on the way. */
function configMark(site: SitePlace, now?: number): string | undefined {
  return inConfigFolder(site, (folder, name) => {
    if (now === undefined) return folder.mark(name)
    const changedAt = folder.look(name)?.ctimeMs ?? Number.POSITIVE_INFINITY
    const mark = now - changedAt > SETTLED * 1000 ? folder.mark(name) : undefined
    using file = mark === undefined ? undefined : folder.plainFile(name)
    return file && isSelfContained(file.text(LONGEST_CONFIG)) ? mark : undefined
  })
}

function inConfigFolder<Answer>(site: SitePlace, look: (folder: OpenedFolder, name: string) => Answer): Answer | undefined {
  const [config, ...others] = configsFrom(site.folder)
  if (config === undefined || others.length > 0) return undefined
  using opened = OpenedFolder.open(site.folder)
  const way = relative(site.folder, dirname(config))
  using beside = way === '' ? undefined : opened.plainFolder(way)
  const folder = way === '' ? opened : beside
  return folder && !hasOtherData(folder) ? look(folder, basename(config)) : undefined
}

const LONGEST_CONFIG = 200_000

/** The text of that configuration. */
function configText(site: SitePlace): string | undefined {
  try {
    return inConfigFolder(site, (folder, name) => {
      using file = folder.plainFile(name)
      return file?.text(LONGEST_CONFIG)
    })
  } catch {
    return undefined
  }
}

/** Whether WordPress may keep its data in a file, by a drop-in of a plugin, or that cannot be told. */
function hasOtherData(folder: OpenedFolder): boolean {
  const folders = folder.entries().filter(entry => entry.isDirectory() || entry.isSymbolicLink())
  if (folders.some(entry => entry.isSymbolicLink())) return true
  return [undefined, ...folders.map(({ name }) => name)].some(name => {
    using below = name === undefined ? undefined : folder.plainFolder(name)
    const content = (below ?? folder).look('wp-content')
    if (content && !content.isDirectory()) return true
    using contents = (below ?? folder).plainFolder('wp-content')
    return contents?.look('db.php') !== undefined
  })
}

/** All that the server knows of an account that bears on whether it is let in, hashed; undefined where roles do too. */
async function accountMark(context: HostContext, user: string): Promise<string | undefined> {
  const of = `WHERE User IN (${quoteText(user)}, '', 'PUBLIC')`
  const tables = ['global_priv', 'db', 'tables_priv', 'columns_priv', 'procs_priv', 'roles_mapping']
  const shows = tables.map(table => `SELECT '${table}', t.* FROM mysql.${table} AS t ${of};`)
  const rows = await adminOf(context).rows(shows.join(' '))
  if (rows.length === 0 || rows.some(([table]) => table === 'roles_mapping')) return undefined
  return hash('sha256', JSON.stringify(rows))
}
