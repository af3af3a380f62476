import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type WebServerFile, webServerFiles } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import type { WebServerKind } from '../web-server/virtual-hosts.ts'
import { type Share, sharesIn } from './fstab.ts'
import { type FoundSite, sitesIn } from './sites.ts'

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
  return {
    vhosts,
    ...sitesIn(root, vhosts, webServer && settingsOf(root, webServer)),
    webServer,
    shares: sharesIn(textOf(join(root, '/etc/fstab'))),
    vpns: [...vpnsIn(root, '/etc/openvpn/client', 'openvpn'), ...vpnsIn(root, '/etc/wireguard', 'wireguard')],
    systemd: existsSync(join(root, '/run/systemd/system')),
  }
}

const settingsOf = (root: string, kind: WebServerKind): Host['webServer'] => ({
  kind,
  folder: join(root, WEB_SERVERS[kind]),
  test: ['true'],
  reload: ['true'],
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

/** Only names that can be a unit's instance as they stand. */
function vpnsIn(root: string, folder: string, kind: FoundVpn['kind']): FoundVpn[] {
  const names = namesIn(join(root, folder)).flatMap(name => /^([A-Za-z0-9:_.-]+)\.conf$/.exec(name)?.[1] ?? [])
  return names.map(name => ({ kind, name }))
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : []
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
