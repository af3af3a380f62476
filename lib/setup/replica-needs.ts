import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { HostNeeds } from '../core/site-needs.ts'
import { phpHere } from '../host/php.ts'
import type { Host } from '../inventory/schema.ts'
import { type Checked, checkPrograms } from './programs.ts'

/** Debian's packages of PHP's extensions; those that are not here come with every PHP. */
const PACKAGES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    'php-mysql': 'mysqli mysqlnd pdo_mysql',
    'php-xml': 'dom simplexml xml xmlreader xmlwriter xsl',
    'php-sqlite3': 'sqlite3 pdo_sqlite',
    'php-': 'apcu bcmath bz2 curl gd gmp igbinary imagick imap intl ldap mbstring memcached redis soap tidy zip',
  }).flatMap(([from, names]) => names.split(' ').map(name => [name, from === 'php-' ? `php-${name}` : from])),
)

const WEB_SERVERS = {
  apache: { name: 'apache2', package: 'apache2', purpose: 'serves the sites that come here', php: 'libapache2-mod-php' },
  nginx: { name: 'nginx', package: 'nginx', purpose: 'serves the sites that come here', php: 'php-fpm' },
} as const
const DATABASE = { name: 'mariadbd', package: 'mariadb-server', purpose: 'keeps the databases of sites that come here' }
const CERTBOT = { name: 'certbot', package: 'certbot', purpose: 'renews their certificates once they are served here' }

export function checkNeeds(needs: HostNeeds, host: Host, root: string): Checked[] {
  const servers = needs.webServers.map(kind => WEB_SERVERS[kind])
  const programs = [...(needs.database ? [DATABASE] : []), ...servers, ...(needs.certificates ? [CERTBOT] : [])]
  return [...checkPrograms(programs), ...checkExtensions(needs, root), ...checkModules(needs, host, root)]
}

function checkExtensions({ php, webServers }: HostNeeds, root: string): Checked[] {
  if (php.length === 0) return []
  const here = phpHere(root)?.extensions ?? []
  const name = WEB_SERVERS[webServers[0] ?? 'apache'].php
  const problem = here.length > 0 ? undefined : 'not found'
  const extensions = php
    .filter(each => !here.includes(each))
    .map(each => ({ name: `php: ${each}`, package: Object.hasOwn(PACKAGES, each) ? PACKAGES[each] : undefined }))
    // what comes with PHP itself is there once that is
    .filter(each => each.package !== undefined || here.length > 0)
  return [
    { name: 'php', package: name, purpose: 'runs the sites that come here', problem },
    ...extensions.map(each => ({ ...each, purpose: 'is loaded where they come from', problem: 'not loaded' })),
  ]
}

function checkModules({ modules }: HostNeeds, { webServer }: Host, root: string): Checked[] {
  if (webServer?.kind !== 'apache') return []
  return modules.map(name => ({
    name: `apache: ${name}`,
    package: undefined,
    remedy: ['a2enmod', name],
    purpose: 'is used by their configuration',
    problem: existsSync(join(root, webServer.folder, 'mods-enabled', `${name}.load`)) ? undefined : 'not switched on',
  }))
}
