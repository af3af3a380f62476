import type { Stats } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import { parseDatabaseHost } from '../core/database-host.ts'
import type { Transaction } from '../core/restore-journal.ts'
import type { Secret } from '../core/secret.ts'
import type { Hands } from '../host/hands.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { placeOf, type SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretNamesOf, secretOf } from '../inventory/secrets.ts'
import { readWpConfig, WpConfigError } from '../wordpress/config.ts'

/** Databases and accounts of the server itself, which no site owns whatever its configuration says. */
const SERVERS_OWN = /^(mysql|information_schema|performance_schema|sys|root|mariadb\.sys|debian-sys-maint)$/i

/**
 * How a WordPress site reaches its database: as the inventory says or, where it says nothing, its `wp-config.php` when PHP runs it (S14). Of `.env` it sees the names that the inventory grants it, and never one
 * that guards a backup.
 *
 * @param folder the site's folder: the live one, or one that was restored beside it
 * @param config its `wp-config.php` there
 */
export async function databaseAccessOf(
  { host, secrets, shell }: Hands,
  site: SitePlace,
  folder: string,
  config: string,
): Promise<DatabaseAccess> {
  const access = site.settings.database
    ? accessOfInventory(site.settings.database, secrets)
    : await accessOfConfig({ host, secrets, shell }, site, folder, config)
  shell.hide(access.password)
  for (const name of [access.database, access.user]) {
    if (SERVERS_OWN.test(name)) throw new Error(`${config} names "${name}", which belongs to the database server itself`)
  }
  return access
}

function accessOfInventory(
  { name, user = name, secret, host, tablePrefix }: NonNullable<SitePlace['settings']['database']>,
  secrets: Secrets,
): DatabaseAccess {
  const login = { database: name, user, password: secretOf(secrets, secret) }
  return { ...login, address: parseDatabaseHost(host)!, tablePrefix, charset: undefined }
}

async function accessOfConfig(
  { host, secrets, shell }: Hands,
  site: SitePlace,
  folder: string,
  config: string,
): Promise<DatabaseAccess> {
  const place = { config, folder, liveFolder: site.folder, domains: domainsOf(host, site) }
  return await readWpConfig({ ...place, environment: environmentOf(host, secrets, site) }, shell).catch(error => {
    throw error instanceof WpConfigError ? new Error(`${error.message}; ${hintFor(site.name)}`) : error
  })
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

/** The `wp-config.php` of a site's folder; WordPress looks one level above its root too. Undefined for a static site. */
export function wpConfigIn(folder: string): string | undefined {
  using site = OpenedFolder.openIfThere(folder)
  return site && configIn(site)
}

const CONFIG = 'wp-config.php'

export function configIn(site: OpenedFolder): string | undefined {
  using root = site.plainFolder('SITE')
  if (isFileOrLink(root?.look(CONFIG))) return join(site.name, 'SITE', CONFIG)
  return isFileOrLink(site.look(CONFIG)) ? join(site.name, CONFIG) : undefined
}

const isFileOrLink = (stat: Stats | undefined): boolean => stat !== undefined && (stat.isFile() || stat.isSymbolicLink())

/** How a site's tree reaches its database: the live one, or one held beside it. Undefined for a static site or no tree. */
export async function accessFrom(hands: Hands, name: string, folder: string): Promise<DatabaseAccess | undefined> {
  const config = wpConfigIn(folder)
  return config === undefined ? undefined : await databaseAccessOf(hands, placeOf(hands.host, name), folder, config)
}

/**
 * The site's own account, for making definitions in its live database: as the live configuration says or, where that is the one that broke, as
 * another tree of the same restore says for the same database.
 */
export async function accountFor(hands: Hands, transaction: Transaction): Promise<DatabaseAccess | undefined> {
  const trees = [join(hands.host.vhosts, transaction.site), ...transaction.holdings.map(holding => join(holding, 'tree'))]
  for (const tree of trees) {
    try {
      const access = await accessFrom(hands, transaction.site, tree)
      if (access && access.database === transaction.database?.live) return access
    } catch {
      // a configuration that does not tell: the next tree may know
    }
  }
  return undefined
}
