import type { DatabaseAccess } from '../core/database-access.ts'
import { parseDatabaseHost } from '../core/database-host.ts'
import type { Secret } from '../core/secret.ts'
import type { Hands } from '../host/hands.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretNamesOf, secretOf } from '../inventory/secrets.ts'
import { readWpConfig, WpConfigError } from '../wordpress/config.ts'
import { domainsOf } from './domains.ts'
import type { SitePlace } from './facts.ts'

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
