import { join } from 'node:path'
import { markerOf } from '../core/marker.ts'
import { clockText, type NightlyStart } from '../core/stagger.ts'
import { shellWord, taskCommand } from '../core/task-command.ts'
import { lineOf } from '../engine/command.ts'
import type { Host } from '../inventory/schema.ts'
import type { Found, FoundSite } from './find.ts'
import type { WrittenInventory } from './first-inventory.ts'
import type { SetupOptions } from './options.ts'
import type { Checked } from './programs.ts'
import { COMPILED, taskWords } from './units.ts'

export function sitesText({ vhosts, sites, notSites }: Found, me: string): string {
  const lines = sites.map(site => `  ${site.name}: ${site.kind}, ${describe(site)}, ${ownerOf(site, me)}`)
  const others = notSites.length === 0 ? [] : [`  not sites, without a folder SITE: ${notSites.join(', ')}`]
  return [sites.length === 0 ? `No sites in ${vhosts}` : `Sites in ${vhosts}`, ...lines, ...others].join('\n')
}

function describe({ domains, certificates }: FoundSite): string {
  const served = domains.length === 0 ? 'no domain known' : domains.join(' ')
  return certificates.length === 0 ? `${served}, no certificate` : `${served}, certificate ${certificates.join(' ')}`
}

function ownerOf({ claims }: FoundSite, me: string): string {
  if (claims.length === 0) return 'no marker'
  if (claims.length > 1) return `markers of ${claims.join(' and ')}: remove all but one`
  return claims[0] === me ? 'owned by this host' : `a replica of ${claims[0]}'s`
}

/** What became of the inventory, and what in it a person should look at. */
export function inventoryWords({ path, outcome }: WrittenInventory, host: string, { shares: [share] }: Found): string {
  if (outcome === 'kept') return `Inventory: ${path} is there already, and has all that was found`
  if (outcome === 'beside')
    return `Inventory: ${path} is there already and stays as it is; what was found now is in ${host}.ts.found beside it`
  const archive =
    share === undefined
      ? 'The archive is a folder of this machine, since /etc/fstab has no network share with noauto: name a better place there.'
      : `The archive is the folder holdfast/ on ${share.source}, mounted at ${share.mountPoint}.`
  return `Inventory written: ${path}. Review it.\n  ${archive}`
}

/** What became of the passphrase, never what it is. */
export const passphraseText = (file: string, isNew: boolean): string =>
  `Passphrase: ${isNew ? 'generated' : 'there already'}, in ${file}, which only its owner can read.
  Keep a copy of it away from this machine: without it no backup can be read, and no backup holds it.
  Hosts that share an archive need the same one: on a second host, copy it here before its first run.`

export function programsText(checked: readonly Checked[]): string {
  const width = Math.max(...checked.map(each => each.name.length))
  const line = ({ name, problem, purpose }: Checked): string =>
    `  ${problem === undefined ? 'ok     ' : 'MISSING'}  ${name.padEnd(width)}  ${purpose}${problem === undefined ? '' : ` (${problem})`}`
  const node = { name: 'node', package: undefined, purpose: `${process.version}, comes with Holdfast`, problem: undefined }
  return ['Programs', ...[...checked, node].map(line)].join('\n')
}

export function missingText(commands: readonly (readonly string[])[]): string {
  if (commands.length === 0) return ''
  return ['What is missing, as root:', ...commands.map(command => `  ${lineOf(command)}`)].join('\n')
}

/** What a share that is not mounted keeps from being known. */
export function unknownNeedsText({ archive }: Host): string {
  if (archive.kind !== 'mount') return ''
  return `What the sites of other hosts need of this one is written in the archive, which is not mounted now: mount it
  (mount ${shellWord(archive.mountPoint)}) and run this again before this host is to replicate them`
}

/** How each site without a marker is made this host's. */
export function markersText({ vhosts, sites }: Found, me: string): string {
  const unmarked = sites.filter(site => site.claims.length === 0)
  if (unmarked.length === 0) return ''
  const commands = unmarked.map(site => `  ${lineOf(['touch', join(vhosts, site.name, markerOf(me))])}`)
  return ['Sites without a marker are left alone. Mark those that this host owns:', ...commands].join('\n')
}

/** The line for root's crontab. A `%` would end the command there. */
export function cronText(options: SetupOptions, { hour, minute, why }: NightlyStart): string {
  const command = lineOf(taskWords('nightly', options)).replaceAll('%', '\\%')
  const when = `every night at ${clockText(hour * 60 + minute)} (${options.host}: ${why})`
  return `For root's crontab (crontab -e), ${when}:\n  PATH=/usr/bin:/bin:/usr/sbin:/sbin\n  ${COMPILED}\n  ${minute} ${hour} * * * ${command}`
}

export const vhostsText = (vhosts: string, problem?: string): string =>
  problem === undefined
    ? `The folder of the sites was made: ${vhosts}`
    : `MISSING  ${vhosts}, the folder of the sites (${problem}). As root:\n  ${lineOf(['mkdir', '-p', vhosts])}`

/** Setup's last words. @param awaitsSites it has no site yet */
export function verdict({ host, desktop, commandPlace }: SetupOptions, ready: boolean, awaitsSites: boolean): string {
  if (!ready) return `${host} is not ready: something is missing, see above`
  const sites = awaitsSites
    ? `. It has no site yet: sites of other hosts come with its first night; one of its own is a folder with SITE and ${markerOf(host)} in it`
    : ''
  const command = taskCommand(commandPlace, desktop ? 'desktop' : 'nightly', '--dry-run')
  return `${host} is ready${sites}. To see what it would do: ${command}`
}
