import { join, relative } from 'node:path'
import { isWithin } from '../core/path.ts'
import { HOME } from '../program/command-line.ts'
import type { Found, FoundVpn } from './find.ts'
import type { Share } from './fstab.ts'
import type { FoundSite } from './sites.ts'

/** The name of the passphrase in `.env`. */
export const PASSPHRASE = 'HOLDFAST_PASSPHRASE'

/** Where sets go when no share was found. */
const LOCAL_ARCHIVE = '/var/backups/holdfast'

/**
 * The first inventory of a host, as TypeScript: what was found as fields, what was found besides as comments.
 * @param folder where it will stand, for its import
 * @param generated whether the passphrase is 256 random bits of setup's own
 * @param more further lines
 */
export function inventoryText(
  found: Found,
  host: string,
  folder: string,
  generated: boolean,
  more: readonly string[] = [],
): string {
  const { shares, vpns, webServer } = found
  const share = shares[0]
  const vpn = share === undefined ? undefined : vpns[0]
  const archive = share === undefined ? 'folder' : shareHelper(found)
  const helpers = ['host', 'passphrase', archive, vpn?.kind, webServer].filter(name => name !== undefined)
  const lines = [
    `import { ${helpers.toSorted().join(', ')} } from '${importPath(folder)}'`,
    '',
    `/** ${host}, as npm run setup found it. */`,
    'export default host({',
    ...(found.vhosts === '/srv/www/vhosts' ? [] : [`  vhosts: ${text(found.vhosts)},`]),
    ...vpnLines(vpn, vpns, share),
    ...archiveLines(found),
    `  encryption: passphrase('${PASSPHRASE}'${generated ? ', { generated: true }' : ''}),`,
    ...(webServer === undefined ? [] : [`  webServer: ${webServer}(),`]),
    ...siteLines(found.sites),
    ...more,
    '})',
  ]
  return `${lines.join('\n')}\n`
}

function importPath(folder: string): string {
  const helpers = join(HOME, 'lib', 'inventory', 'helpers.ts')
  return isWithin(folder, HOME) ? relative(folder, helpers) : helpers
}

/** A VPN is for reaching a share: without a share, it is left to whatever else it is for. */
function vpnLines(vpn: FoundVpn | undefined, all: readonly FoundVpn[], share: Share | undefined): string[] {
  const others = all.filter(each => each !== vpn).map(each => `  // also found: vpn: ${callOf(each)},`)
  if (vpn === undefined) return others
  const probe = share?.server ? `{ probe: { host: ${text(share.server.host)}, port: ${share.server.port} } }` : undefined
  return [`  vpn: ${callOf(vpn, probe)},`, ...others]
}

const callOf = ({ kind, name }: FoundVpn, options?: string): string =>
  `${kind}(${text(name)}${options === undefined ? '' : `, ${options}`})`

/** A mount unit where systemd runs, else `mount` itself. */
const shareHelper = ({ systemd }: Found): 'nfs' | 'fstab' => (systemd ? 'nfs' : 'fstab')

function archiveLines(found: Found): string[] {
  const [share, ...others] = found.shares
  if (share === undefined)
    return [
      '  // no share with noauto in /etc/fstab: this folder is on the same machine as the sites, and is lost with it',
      `  archive: folder(${text(LOCAL_ARCHIVE)}),`,
    ]
  const call = (each: Share): string => `${shareHelper(found)}(${text(each.mountPoint)}, { folder: 'holdfast' })`
  return [`  archive: ${call(share)},`, ...others.map(each => `  // also found: archive: ${call(each)},`)]
}

function siteLines(sites: readonly FoundSite[]): string[] {
  if (sites.length === 0) return []
  const head = '  // settings of sites: domains beside those of the web server, exclude, env'
  return [head, '  sites: {', ...sites.map(site => `    ${key(site.name)}: {}, // ${noteOf(site)}`), '  },']
}

const noteOf = ({ kind, domains }: FoundSite): string =>
  `${kind}${domains.length === 0 ? '' : `: ${domains.slice(0, 3).join(', ')}${domains.length > 3 ? ', …' : ''}`}`

const key = (name: string): string => (/^[A-Za-z][A-Za-z0-9_]*$/.test(name) ? name : text(name))

/** A text as TypeScript writes it, in single quotes; whatever could end a line is escaped. */
function text(value: string): string {
  const inner = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inner.replace(/[\u2028\u2029]/g, char => `\\u${char.charCodeAt(0).toString(16)}`)}'`
}

/** What became of the inventory's file. */
export interface WrittenInventory {
  readonly path: string
  /**
   * `written` anew; `kept`, as it was there already; `beside`, when what was found was written next to the one that is
   * kept.
   */
  readonly outcome: 'written' | 'kept' | 'beside'
}
