import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { claimsIn } from '../core/marker.ts'
import { decodeOctal } from '../core/path.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { isSiteName, type Site } from '../host/site.ts'
import { domainsOf, type WebServerFile, webServerFiles } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import type { WebServerKind } from '../web-server/virtual-hosts.ts'
import { configsFrom } from '../wordpress/find-config.ts'

/** What a look at a machine finds. Paths are those of the machine itself, wherever it was looked at. */
export interface Found {
  readonly vhosts: string
  readonly sites: readonly FoundSite[]
  /** Folders of the vhosts root without a `SITE` and without a marker. */
  readonly notSites: readonly string[]
  readonly webServer: WebServerKind | undefined
  readonly shares: readonly Share[]
  readonly vpns: readonly FoundVpn[]
  /** Whether systemd runs the machine: mount units and VPN units are its. */
  readonly systemd: boolean
}

export interface FoundSite {
  readonly name: string
  readonly kind: 'WordPress' | 'WordPress with SQLite' | 'static'
  /** As the nightly run will know them without any setting. */
  readonly domains: readonly string[]
  readonly certificates: readonly string[]
  readonly claims: readonly string[]
}

/** A share in `/etc/fstab` that is not mounted at boot: what an archive is kept on. */
export interface Share {
  readonly source: string
  readonly mountPoint: string
  readonly type: string
  /** The server, and the TCP port by which it serves such shares; undefined where the source does not tell. */
  readonly server: { readonly host: string; readonly port: number } | undefined
}

export interface FoundVpn {
  readonly kind: 'openvpn' | 'wireguard'
  /** As in `openvpn-client@NAME` and `wg-quick@NAME`. */
  readonly name: string
}

const USUAL_VHOSTS = '/srv/www/vhosts'
const WEB_SERVERS = { apache: '/etc/apache2', nginx: '/etc/nginx' } as const

/** Looks at the machine whose root is this folder: `/`, or a test's. Changes nothing. */
export function lookAround(root: string): Found {
  const kinds = (Object.keys(WEB_SERVERS) as WebServerKind[]).filter(kind => existsSync(join(root, WEB_SERVERS[kind])))
  const webServer = kinds.find(kind => filesOf(root, kind).length > 0) ?? kinds[0]
  const files = webServer === undefined ? [] : filesOf(root, webServer)
  const vhosts = existsSync(join(root, USUAL_VHOSTS)) ? USUAL_VHOSTS : (vhostsOf(files) ?? USUAL_VHOSTS)
  const fstab = join(root, '/etc/fstab')
  return {
    vhosts,
    ...sitesIn(root, vhosts, webServer && settingsOf(root, webServer)),
    webServer,
    shares: existsSync(fstab) ? sharesIn(readFileSync(fstab, 'utf8')) : [],
    vpns: [...vpnsIn(root, '/etc/openvpn/client', 'openvpn'), ...vpnsIn(root, '/etc/wireguard', 'wireguard')],
    systemd: existsSync(join(root, '/run/systemd/system')),
  }
}

const settingsOf = (root: string, kind: WebServerKind): Host['webServer'] => ({
  ...{ kind, folder: join(root, WEB_SERVERS[kind]), test: ['true'], reload: ['true'] },
})

const filesOf = (root: string, kind: WebServerKind): WebServerFile[] =>
  webServerFiles({ webServer: settingsOf(root, kind) } as Host)

/** The folder that most sites with a `SITE` lie in, by the web server's document roots. */
function vhostsOf(files: readonly WebServerFile[]): string | undefined {
  const roots = files.flatMap(file => file.hosts).flatMap(host => host.roots)
  const folders = roots.flatMap(root => /^(\/.+)\/[^/]+\/SITE\/?$/.exec(root)?.[1] ?? [])
  const counts = [...Map.groupBy(folders, folder => folder)].toSorted((a, b) => b[1].length - a[1].length)
  return counts[0]?.[0]
}

function sitesIn(root: string, vhosts: string, webServer: Host['webServer']): Pick<Found, 'sites' | 'notSites'> {
  const folder = join(root, vhosts)
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []
  const names = entries.filter(entry => entry.isDirectory() && isSiteName(entry.name)).map(entry => entry.name)
  const isSite = (name: string): boolean => {
    const inside = readdirSync(join(folder, name))
    return inside.includes('SITE') || claimsIn(inside).length > 0
  }
  const { true: sites = [], false: notSites = [] } = Object.groupBy(names.toSorted(), name => (isSite(name) ? 'true' : 'false'))
  return { sites: sites.map(name => siteOf(root, vhosts, name, webServer)), notSites }
}

function siteOf(root: string, vhosts: string, name: string, webServer: Host['webServer']): FoundSite {
  const here = join(root, vhosts, name)
  // the web server's configuration names the machine's own paths, whatever root it is looked at from
  const site = { name, folder: join(vhosts, name), settings: { domains: [], env: [], exclude: [] } } as unknown as Site
  const domains = domainsOf({ webServer } as Host, site)
  return {
    name,
    kind: kindOf(here),
    domains,
    certificates: lineagesOf(join(root, '/etc/letsencrypt'), domains),
    claims: claimsIn(readdirSync(here)),
  }
}

function kindOf(folder: string): FoundSite['kind'] {
  const configs = configsFrom(folder)
  if (configs.length === 0) return 'static'
  const hasDropIn = (config: string): boolean =>
    ['wp-content', 'SITE/wp-content', 'app'].some(content => isSqlite(join(dirname(config), content, 'db.php')))
  return configs.every(hasDropIn) ? 'WordPress with SQLite' : 'WordPress'
}

/** Whether a file is the drop-in by which WordPress keeps its database in a file of SQLite. */
function isSqlite(dropIn: string): boolean {
  using folder = OpenedFolder.openPlain(dirname(dropIn))
  using file = folder?.plainFile(basename(dropIn))
  return file !== undefined && /sqlite/i.test(file.head(100_000).toString('latin1'))
}

/** Types of file systems that come over a network, and the TCP port of each. */
const PORTS: Readonly<Record<string, number>> = {
  ...{ nfs: 2049, nfs4: 2049, cifs: 445, smb3: 445, glusterfs: 24007 },
  ...{ sshfs: 22, 'fuse.sshfs': 22 },
}

/** The network shares with `noauto` among the lines of an fstab, in their order (fstab(5)). */
export function sharesIn(fstab: string): Share[] {
  return fstab.split('\n').flatMap(line => {
    const [source = '', mountPoint = '', type = '', options = ''] = line.trim().split(/\s+/).map(decodeOctal)
    const isShare = !source.startsWith('#') && mountPoint.startsWith('/') && Object.hasOwn(PORTS, type)
    return isShare && options.split(',').includes('noauto') ? [{ source, mountPoint, type, server: serverOf(source, type) }] : []
  })
}

/** Of `nas:/data`, `//nas/data`, `fred@nas:/data` and `sshfs#fred@nas:/data`. */
function serverOf(source: string, type: string): Share['server'] {
  const host = /^(?:\/\/|(?:sshfs#)?(?:[^@/:]+@)?)([A-Za-z0-9][A-Za-z0-9.-]*)[:/]/.exec(source)?.[1]
  return host === undefined ? undefined : { host, port: PORTS[type]! }
}

/** The VPNs whose names can be a unit's instance as they stand. */
function vpnsIn(root: string, place: string, kind: FoundVpn['kind']): FoundVpn[] {
  const folder = join(root, place)
  const files = existsSync(folder) ? readdirSync(folder).toSorted() : []
  return files.flatMap(file => /^([A-Za-z0-9:_.-]+)\.conf$/.exec(file)?.[1] ?? []).map(name => ({ kind, name }))
}
