import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isMountPoint } from '../core/path.ts'
import { type HostNeeds, neededByAll } from '../core/site-needs.ts'
import { mountTable } from '../engine/kernel.ts'
import type { Host } from '../inventory/schema.ts'
import { phpExtensions } from '../site/needs.ts'
import { recordsIn } from '../store/set-records.ts'
import { type Checked, checkPrograms, type Program } from './programs.ts'

/** Milliseconds for which the archive is looked at. */
const PATIENCE = 20_000
/**
 * What is written down beside each site's sets, the newest set first: one piece for each site, told apart by a NUL. No
 * link is followed.
 */
const RECORDS = `exec find "$1" -mindepth 2 -maxdepth 2 -name .holdfast-sets -type f -exec sh -c 'head -c 200000 "$1"; printf "\\0"' sh {} \\;`

/**
 * What the sites of other hosts need of one that is to replicate them, as their hosts wrote it down beside their sets.
 * Undefined where the archive cannot be looked at now: a share is mounted for runs only.
 * @param root of the machine to look at
 */
export function declaredNeeds({ archive, name }: Host, root: string): HostNeeds | undefined {
  if (archive.kind === 'url') return undefined
  if (archive.kind === 'mount' && !isMountPoint(mountTable(), join(root, archive.mountPoint))) return undefined
  const folder = join(root, archive.kind === 'folder' ? archive.path : join(archive.mountPoint, archive.folder))
  if (!existsSync(folder)) return undefined
  const { status, stdout } = spawnSync('sh', ['-c', RECORDS, 'records', folder], {
    encoding: 'utf8',
    timeout: PATIENCE,
    maxBuffer: 1 << 28,
  })
  if (status !== 0) return undefined
  const newest = stdout.split('\0').flatMap(text => recordsIn(text).slice(0, 1))
  return neededByAll(newest.flatMap(({ host, needs }) => (needs && host !== name ? [needs] : [])))
}

/** Debian's packages of PHP's extensions that are not named like them; undefined for what every PHP has. */
const PACKAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['mysqli', 'mysqlnd', 'pdo_mysql'].map(name => [name, 'php-mysql'])),
  ...Object.fromEntries(['dom', 'simplexml', 'xml', 'xmlreader', 'xmlwriter', 'xsl'].map(name => [name, 'php-xml'])),
  ...Object.fromEntries(
    [
      'apcu',
      'bcmath',
      'bz2',
      'curl',
      'gd',
      'gmp',
      'igbinary',
      'imagick',
      'imap',
      'intl',
      'ldap',
      'mbstring',
      'memcached',
      'redis',
      'soap',
      'sqlite3',
      'tidy',
      'zip',
    ].map(name => [name, `php-${name}`]),
  ),
  pdo_sqlite: 'php-sqlite3',
}

const WEB_SERVERS = {
  apache: { name: 'apache2', package: 'apache2', purpose: 'serves the sites that come here', php: 'libapache2-mod-php' },
  nginx: { name: 'nginx', package: 'nginx', purpose: 'serves the sites that come here', php: 'php-fpm' },
} as const

/** Looks whether this host has what those sites need. */
export function checkNeeds(needs: HostNeeds, host: Host, root: string): Checked[] {
  const programs: Program[] = [
    ...(needs.database
      ? [{ name: 'mariadbd', package: 'mariadb-server', purpose: 'keeps the databases of sites that come here' }]
      : []),
    ...needs.webServers.map(kind => WEB_SERVERS[kind]),
    ...(needs.certificates
      ? [{ name: 'certbot', package: 'certbot', purpose: 'renews their certificates once they are served here' }]
      : []),
  ]
  return [...checkPrograms(programs), ...checkExtensions(needs, root), ...checkModules(needs, host, root)]
}

function checkExtensions({ php, webServers }: HostNeeds, root: string): Checked[] {
  if (php.length === 0) return []
  const here = phpExtensions(root)
  const runsThem: Checked = {
    name: 'php',
    package: WEB_SERVERS[webServers[0] ?? 'apache'].php,
    purpose: 'runs the sites that come here',
    found: here.length > 0 ? '/etc/php' : undefined,
    problem: here.length > 0 ? undefined : 'not found',
  }
  const missing = php.filter(name => !here.includes(name))
  const extensions = missing.flatMap((name): Checked[] => {
    const from = Object.hasOwn(PACKAGES, name) ? PACKAGES[name] : undefined
    // what comes with PHP itself is there once that is
    return from === undefined && here.length === 0
      ? []
      : [
          {
            name: `php: ${name}`,
            package: from,
            purpose: 'is loaded where they come from',
            found: undefined,
            problem: 'not loaded',
          },
        ]
  })
  return [runsThem, ...extensions]
}

function checkModules({ modules }: HostNeeds, { webServer }: Host, root: string): Checked[] {
  if (webServer?.kind !== 'apache') return []
  return modules.map(name => {
    const file = join(root, webServer.folder, 'mods-enabled', `${name}.load`)
    const found = existsSync(file) ? file : undefined
    const problem = found === undefined ? 'not switched on' : undefined
    return {
      name: `apache: ${name}`,
      package: undefined,
      remedy: ['a2enmod', name],
      purpose: 'is used by their configuration',
      found,
      problem,
    }
  })
}
