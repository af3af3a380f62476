import { dirname, join, relative } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import { parseDatabaseHost } from '../core/database-access.ts'
import type { Transaction } from '../core/restore-journal.ts'
import type { Secret } from '../core/secret.ts'
import { type HostContext, placeOf, type Site, type SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretNamesOf, secretOf } from '../inventory/secrets.ts'
import { type ConfigPlace, otherDatabases, readWpConfig, WpConfigError } from '../wordpress/config.ts'
import { isSameData } from '../wordpress/config-answer.ts'
import { wpConfigIn } from '../wordpress/find-config.ts'

/** Databases and accounts of the server itself, which no site owns whatever its configuration says. */
const SERVERS_OWN = /^(mysql|information_schema|performance_schema|sys|root|mariadb\.sys|debian-sys-maint)$/i

/**
 * How a WordPress site reaches its database: as the inventory says or, where it says nothing, its `wp-config.php` when
 * PHP runs it (S14), which sees only what the inventory grants of `.env`. Undefined for a file of SQLite.
 * @param folder the site's folder, live or restored beside it
 * @param config its `wp-config.php` there
 */
export async function databaseAccessOf(
  { host, secrets, shell }: HostContext,
  site: SitePlace,
  folder: string,
  config: string,
): Promise<DatabaseAccess | undefined> {
  const access = site.settings.database
    ? accessOfInventory(site.settings.database, secrets)
    : await accessOfConfig({ host, secrets, shell }, site, folder, config)
  if (access === undefined) return undefined
  shell.hide(access.password)
  refuseServersOwn(config, access)
  return access
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

async function accessOfConfig(
  { host, secrets, shell }: HostContext,
  site: SitePlace,
  folder: string,
  config: string,
): Promise<DatabaseAccess | undefined> {
  return await readWpConfig(configPlace(host, secrets, site, folder, config), shell).catch(error => {
    throw error instanceof WpConfigError ? new Error(`${error.message}; ${hintFor(site.name)}`) : error
  })
}

function configPlace(host: Host, secrets: Secrets, site: SitePlace, folder: string, config: string): ConfigPlace {
  const environment = environmentOf(host, secrets, site)
  return { config, folder, liveFolder: site.folder, domains: domainsOf(host, site), environment }
}

/** A further database of a site: of another of its domains, or of a further WordPress in its folder. */
export interface FurtherDatabase {
  /** What it is to the site. */
  readonly what: string
  /** How it is reached, or why that is not known. */
  readonly access: DatabaseAccess | { readonly unknown: string }
}

/**
 * Further databases of a site: by host name, where its configuration looks at that, and of further WordPresses.
 * @param config by which its own one is known; undefined where that does not tell
 * @param own how the site reaches that; undefined for a file of SQLite
 */
export async function furtherDatabases(
  { host, secrets, shell }: HostContext,
  site: Site,
  config: string | undefined,
  own: DatabaseAccess | undefined,
): Promise<readonly FurtherDatabase[]> {
  if (site.settings.database) return []
  const place = (path: string): ConfigPlace => configPlace(host, secrets, site, site.folder, path)
  const byDomain = config === undefined ? [] : await otherDatabases(place(config), own, shell)
  const found: FurtherDatabase[] = byDomain.map(({ domain, access }) => ({ what: `of ${domain}`, access }))
  for (const other of site.local?.otherConfigs ?? []) {
    const what = `of the WordPress in ${relative(site.folder, dirname(other))}`
    try {
      const access = await readWpConfig(place(other), shell)
      const known = [own, ...found.map(each => each.access)]
      if (access && !known.some(each => each && 'database' in each && isSameData(each, access))) found.push({ what, access })
    } catch (error) {
      if (!(error instanceof WpConfigError)) throw error
      found.push({ what, access: { unknown: error.message } })
    }
  }
  for (const { access } of found) if ('database' in access) refuseServersOwn(site.folder, access)
  return found
}

const hintFor = (site: string): string =>
  `what only the web server tells it can be said in the inventory, in sites.${site}.database`

/** The variables that the inventory grants a site. */
function environmentOf(host: Host, secrets: Secrets, site: SitePlace): Record<string, Secret> {
  const guarded = secretNamesOf(host)
  const granted = site.settings.env.map(name => {
    const guard = guarded.get(name)
    if (guard !== undefined) throw new Error(`${name} is the secret of ${guard}, which no site may read`)
    return [name, secrets.get(name)] as const
  })
  return Object.fromEntries(granted.filter((pair): pair is [string, Secret] => pair[1] !== undefined))
}

/** How a site's tree, live or held beside it, reaches its database. Undefined for a static site or no tree. */
export async function accessFrom(context: HostContext, name: string, folder: string): Promise<DatabaseAccess | undefined> {
  const place = placeOf(context.host, name)
  const config = wpConfigIn(folder, place.folder)
  return config === undefined ? undefined : await databaseAccessOf(context, place, folder, config)
}

/**
 * The site's own account, for making definitions in its live database: by the live configuration or, where that is the
 * one that broke, by another tree of the same restore.
 */
export async function accountFor(context: HostContext, transaction: Transaction): Promise<DatabaseAccess | undefined> {
  const trees = [join(context.host.vhosts, transaction.site), ...transaction.holdings.map(holding => join(holding, 'tree'))]
  for (const tree of trees) {
    try {
      const access = await accessFrom(context, transaction.site, tree)
      if (access && access.database === transaction.database?.live) return access
    } catch {
      // a configuration that does not tell: the next tree may know
    }
  }
  return undefined
}
