import { join } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretNamesOf } from '../inventory/secrets.ts'
import { readWpConfig } from '../wordpress/config.ts'
import { domainsOf } from './domains.ts'
import type { SitePlace } from './facts.ts'
import { readWithin } from './site-files.ts'

/** Where a configuration may lie outside of its site's folder: Debian keeps one a domain here. */
const DEBIAN_CONFIG = '/etc/wordpress'

/** Databases and accounts of the server itself, which no site owns whatever its configuration says. */
const SERVERS_OWN = /^(mysql|information_schema|performance_schema|sys|root|mariadb\.sys|debian-sys-maint)$/i

/**
 * How a WordPress site reaches its database, read from its `wp-config.php` as data (S14). It may read files of its own folder and, in /etc/wordpress, those
 * named for its own domains; of `.env` it sees the names that the inventory grants it, and never one that guards a backup.
 *
 * @param folder the site's folder: the live one, or one that was restored beside it
 * @param configPath its `wp-config.php` there
 */
export function databaseAccessOf(
  host: Host,
  secrets: Secrets,
  site: SitePlace,
  folder: string,
  configPath: string,
): DatabaseAccess {
  const domains = domainsOf(host, site)
  const include = (path: string): string | undefined =>
    readWithin(path, [folder, ...domains.map(domain => join(DEBIAN_CONFIG, `config-${domain}.php`))])
  const source = readWithin(configPath, [
    folder,
    ...domains.map(domain => join(DEBIAN_CONFIG, `config-${domain}.php`)),
    DEBIAN_MAIN,
  ])
  if (source === undefined) throw new Error(`there is no ${configPath}`)
  const access = readWpConfig(source, configPath, { include, domains, getenv: name => envOf(name, host, secrets, site) })
  for (const name of [access.database, access.user]) {
    if (SERVERS_OWN.test(name)) throw new Error(`${configPath} names "${name}", which belongs to the database server itself`)
  }
  return access
}

/** Debian's package keeps its one wp-config.php, which holds no secret of its own, in /usr/share and links to it. */
const DEBIAN_MAIN = '/usr/share/wordpress/wp-config.php'

function envOf(name: string, host: Host, secrets: Secrets, site: SitePlace): string | undefined {
  if (!site.settings.env.includes(name)) return undefined
  const guard = secretNamesOf(host).get(name)
  if (guard !== undefined) throw new Error(`${name} is the secret of ${guard}, which no site may read`)
  return secrets.get(name)?.reveal()
}
