import { dirname, join, relative } from 'node:path'
import type { DatabaseAccess, SiteData } from '../core/database-access.ts'
import { parseDatabaseHost } from '../core/database-access.ts'
import type { Transaction } from '../core/restore-journal.ts'
import type { Secret } from '../core/secret.ts'
import { messageOf } from '../core/wording.ts'
import { type HostContext, placeOf, type SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretNamesOf, secretOf } from '../inventory/secrets.ts'
import { type ConfigPlace, type NamedDatabase, readWpConfig, WpConfigError } from '../wordpress/config.ts'
import { isSameData } from '../wordpress/config-answer.ts'
import { configsFrom } from '../wordpress/find-config.ts'

/** Databases and accounts of the server itself, which no site owns whatever its configuration says. */
const SERVERS_OWN = /^(mysql|information_schema|performance_schema|sys|root|mariadb\.sys|debian-sys-maint)$/i

/** A database of a site. */
export interface SiteDatabase {
  /** What it is to the site, in words; undefined for its own one. */
  readonly of: string | undefined
  /** Where it is, or why that is not known. */
  readonly data: SiteData | { readonly unknown: string }
}

/**
 * The databases of a site (S14), each once: its own one first, then those of other domains, where its configuration
 * looks at these, and of further WordPresses in its folder. As the inventory says or, where it says nothing, as each
 * `wp-config.php` does when PHP runs it, which sees only what the inventory grants of `.env`.
 * @param folder the site's folder, live or restored beside it
 * @returns none for a static site
 */
export async function databasesIn(context: HostContext, site: SitePlace, folder: string): Promise<readonly SiteDatabase[]> {
  const configs = configsFrom(folder, site.folder)
  const found: SiteDatabase[] = []
  for (const config of site.settings.database ? configs.slice(0, 1) : configs) {
    const isOwn = config === configs[0]
    const of = isOwn ? undefined : `of the WordPress in ${relative(folder, dirname(config))}`
    try {
      for (const { domain, data } of await namedIn(context, site, folder, config)) {
        const isNew = !found.some(each => !('unknown' in each.data) && isSameData(each.data, data))
        if (isNew) found.push({ of: isOwn && found.length > 0 ? `of ${domain}` : of, data })
      }
    } catch (error) {
      if (context.shell.stop.aborted) throw error
      const hint = isOwn && error instanceof WpConfigError ? `; ${hintFor(site.name)}` : ''
      found.push({ of, data: { unknown: messageOf(error) + hint } })
    }
  }
  return found
}

/** Those of them that a server keeps. */
export const accessesOf = (databases: readonly SiteDatabase[]): DatabaseAccess[] =>
  databases.flatMap(({ data }) => ('database' in data ? [data] : []))

async function namedIn(
  { host, secrets, shell }: HostContext,
  site: SitePlace,
  folder: string,
  config: string,
): Promise<readonly NamedDatabase[]> {
  const { settings } = site
  const named = settings.database
    ? [{ domain: undefined, data: accessOfInventory(settings.database, secrets) }]
    : await readWpConfig(configPlace(host, secrets, site, folder, config), shell)
  for (const { data } of named) {
    if ('sqlite' in data) continue
    shell.hide(data.password)
    refuseServersOwn(config, data)
  }
  return named
}

function refuseServersOwn(config: string, { database, user }: DatabaseAccess): void {
  for (const name of [database, user]) {
    if (SERVERS_OWN.test(name)) throw new Error(`${config} names "${name}", which belongs to the database server itself`)
  }
}

function accessOfInventory(
  { name, user = name, secret, host, tablePrefix }: NonNullable<SitePlace['settings']['database']>,
  secrets: Secrets,
): DatabaseAccess {
  const login = { database: name, user, password: secretOf(secrets, secret) }
  return { ...login, address: parseDatabaseHost(host)!, tablePrefix, charset: undefined }
}

function configPlace(host: Host, secrets: Secrets, site: SitePlace, folder: string, config: string): ConfigPlace {
  const environment = environmentOf(host, secrets, site)
  return { config, folder, liveFolder: site.folder, domains: domainsOf(host, site), environment }
}

const hintFor = (site: string): string =>
  `what only the web server tells it can be said in the inventory, in sites.${site}.database`

/** The variables that the inventory grants a site. */
export function environmentOf(host: Host, secrets: Secrets, site: SitePlace): Record<string, Secret> {
  const guarded = secretNamesOf(host)
  const granted = site.settings.env.map(name => {
    const guard = guarded.get(name)
    if (guard !== undefined) throw new Error(`${name} is the secret of ${guard}, which no site may read`)
    return [name, secrets.get(name)] as const
  })
  return Object.fromEntries(granted.filter((pair): pair is [string, Secret] => pair[1] !== undefined))
}

/** The account of the site for one of its databases, for making definitions in it: by the live configuration or, where
 * that is the one that broke, by another tree of the same restore.
 */
export async function accountFor(
  context: HostContext,
  { site, holdings }: Transaction,
  database: string,
): Promise<DatabaseAccess | undefined> {
  const place = placeOf(context.host, site)
  for (const tree of [place.folder, ...holdings.map(holding => join(holding, 'tree'))]) {
    // a configuration that does not tell: the next tree may know
    const databases = await databasesIn(context, place, tree).catch(() => [])
    const access = accessesOf(databases).find(one => one.database === database)
    if (access) return access
  }
  return undefined
}
