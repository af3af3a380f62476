import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { isWithin } from '../core/path.ts'
import { HOME } from '../program/command-line.ts'
import type { Found, FoundSite, FoundVpn, Share } from './find.ts'
import type { SetupOptions } from './options.ts'

export const PASSPHRASE = 'HOLDFAST_PASSPHRASE'

/** Where sets go when no share was found. */
const LOCAL_ARCHIVE = '/var/backups/holdfast'

/** What became of the inventory's file: `beside` when what was found was written next to one that stays as it is. */
export interface WrittenInventory {
  readonly path: string
  readonly outcome: 'written' | 'kept' | 'beside'
}

export function presentInventory({ inventory, host }: SetupOptions): string | undefined {
  const files = ['ts', 'js', 'json', 'yaml', 'yml'].map(ending => join(inventory, `${host}.${ending}`))
  return files.find(existsSync)
}

/** Writes the first inventory, and a desktop's first list of exclusions. What is there already stays as it is. */
export function writeInventory(options: SetupOptions, found: Found, generated: boolean): WrittenInventory {
  const { inventory, host, desktop } = options
  const present = presentInventory(options)
  const text = inventoryText(options, found, generated)
  mkdirSync(inventory, { recursive: true })
  const exclusions = exclusionsOf(options)
  if (desktop && !existsSync(exclusions)) writeFileSync(exclusions, EXCLUSIONS, { flag: 'wx' })
  if (present === undefined) {
    const path = join(inventory, `${host}.ts`)
    writeFileSync(path, text, { flag: 'wx' })
    return { path, outcome: 'written' }
  }
  if (readFileSync(present, 'utf8') === text) return { path: present, outcome: 'kept' }
  writeFileSync(join(inventory, `${host}.ts.found`), text)
  return { path: present, outcome: 'beside' }
}

/** The first inventory of a host, as TypeScript: what was found as fields, what was found besides as comments. */
function inventoryText(options: SetupOptions, found: Found, generated: boolean): string {
  const { shares, vpns, webServer } = found
  const share = shares[0]
  const vpn = share === undefined ? undefined : vpns[0]
  const archive = share === undefined ? 'folder' : shareHelper(found)
  const helpers = ['host', 'passphrase', archive, vpn?.kind, webServer].filter(name => name !== undefined)
  const lines = [
    `import { ${helpers.toSorted().join(', ')} } from '${importPath(options.inventory)}'`,
    '',
    `/** ${options.host}, as npm run setup found it. */`,
    'export default host({',
    ...(found.vhosts === '/srv/www/vhosts' ? [] : [`  vhosts: ${text(found.vhosts)},`]),
    ...vpnLines(vpn, vpns, share),
    ...archiveLines(found),
    `  encryption: passphrase('${PASSPHRASE}'${generated ? ', { generated: true }' : ''}),`,
    ...(webServer === undefined ? [] : [`  webServer: ${webServer}(),`]),
    ...siteLines(found.sites),
    ...(options.desktop ? desktopLines(exclusionsOf(options)) : []),
    '})',
  ]
  return `${lines.join('\n')}\n`
}

const exclusionsOf = ({ inventory, host }: SetupOptions): string => join(inventory, `${host}.exclusions`)

const EXCLUSIONS = `# What is not backed up, in duplicity's own syntax (--exclude-filelist): whole paths, * and ? within a name, ** across folders.
# A line excludes; one that begins with "+ " includes what a later line would exclude. The first line that matches counts.
# + /home/fred/.cache/keep-this
- /home/*/.cache
`

const desktopLines = (exclusions: string): string[] => [
  '  // the backup day and hour; when the machine was off then, it is made up for within catchUpDays',
  '  desktop: {',
  "    folder: '/home',",
  "    weekday: 'wednesday',",
  '    hour: 3,',
  '    catchUpDays: 3,',
  `    exclusions: ${JSON.stringify(exclusions)},`,
  '  },',
]

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
