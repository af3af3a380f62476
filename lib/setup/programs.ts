import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { searchPath } from '../engine/process.ts'
import type { Host } from '../inventory/schema.ts'
import type { Found } from './find.ts'

/** A program that the host needs. */
export interface Program {
  readonly name: string
  /** The Debian package that has it; undefined where none is known. */
  readonly package: string | undefined
  /** The command that helps, where that is no package. */
  readonly remedy?: readonly string[]
  readonly purpose: string
}

/** Whether a program is there, or what is wrong. */
export interface Checked extends Program {
  readonly found: string | undefined
  readonly problem: string | undefined
}

/** The oldest duplicity whose options and exit codes Holdfast knows. */
const OLDEST_DUPLICITY = [0, 8, 22] as const

const program = (name: string, fromPackage: string, purpose: string): Program => ({ name, package: fromPackage, purpose })

const MOUNT_HELPERS: Readonly<Record<string, Program>> = {
  nfs: program('mount.nfs', 'nfs-common', 'mounts the NFS share'),
  nfs4: program('mount.nfs', 'nfs-common', 'mounts the NFS share'),
  cifs: program('mount.cifs', 'cifs-utils', 'mounts the CIFS share'),
  smb3: program('mount.cifs', 'cifs-utils', 'mounts the CIFS share'),
  'fuse.sshfs': program('sshfs', 'sshfs', 'mounts the share over SSH'),
  sshfs: program('sshfs', 'sshfs', 'mounts the share over SSH'),
}

/** Whether the sites of this host are still to come, as on a new replica: nobody knows yet of what kind they are. */
export const awaitsSites = ({ desktop }: Host, { sites }: Found): boolean => desktop === undefined && sites.length === 0

/** The programs that the nightly run will start on this host, by its inventory and its sites. */
export function neededPrograms(host: Host, found: Found): Program[] {
  const { archive, vpn, encryption, database, duplicity } = host
  const [wordpress, awaited] = [found.sites.some(site => site.kind === 'WordPress'), awaitsSites(host, found)]
  const share = archive.kind === 'mount' ? found.shares.find(each => each.mountPoint === archive.mountPoint) : undefined
  const units = vpn?.kind === 'unit' || (archive.kind === 'mount' && archive.by.kind === 'unit')
  return [
    program(duplicity.program, 'duplicity', 'makes and restores the backups'),
    ...(encryption.kind === 'none'
      ? []
      : [program('gpg', 'gnupg', 'encrypts them'), program('gpgconf', 'gnupg', 'ends its agent')]),
    program('flock', 'util-linux', 'keeps two runs apart'),
    program('setpriv', 'util-linux', 'ends commands with the run'),
    program('bwrap', 'bubblewrap', 'keeps programs from what is not theirs'),
    ...(wordpress || awaited
      ? [
          program(database.dumpProgram, 'mariadb-client', 'dumps the databases of WordPress sites'),
          program(database.clientProgram, 'mariadb-client', 'imports them on a replica'),
          program('php', 'php-cli', 'reads how WordPress sites reach their databases'),
        ]
      : []),
    // replicas bring their databases along, to a server of this machine
    ...(awaited ? [program('mariadbd', 'mariadb-server', 'keeps the databases of WordPress sites that come here')] : []),
    ...(units ? [program('systemctl', 'systemd', 'starts and stops the units of the inventory')] : []),
    ...(archive.kind === 'mount' ? [program('umount', 'mount', 'takes the share off again')] : []),
    ...(share && MOUNT_HELPERS[share.type] ? [MOUNT_HELPERS[share.type]!] : []),
    ...(vpn?.kind === 'unit' && vpn.unit.startsWith('openvpn') ? [program('openvpn', 'openvpn', 'is the VPN')] : []),
    ...(vpn?.kind === 'unit' && vpn.unit.startsWith('wg-quick') ? [program('wg-quick', 'wireguard-tools', 'is the VPN')] : []),
  ]
}

/** Looks for the programs, and asks duplicity for its version by running it. */
export function checkPrograms(programs: readonly Program[], path?: string): Checked[] {
  return programs.map(each => {
    const found = pathOf(each.name, path)
    if (found === undefined) return { ...each, found, problem: 'not found' }
    return { ...each, found, problem: each.package === 'duplicity' ? wrongWithDuplicity(found) : undefined }
  })
}

/** Where a program is that a run would start: in PATH, or where the system has its own. */
export function pathOf(name: string, path?: string): string | undefined {
  if (name.includes('/')) return isProgram(name) ? name : undefined
  return searchPath(path)
    .map(folder => join(folder, name))
    .find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function wrongWithDuplicity(file: string): string | undefined {
  const { stdout, stderr } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 60_000 })
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim()
  const version = /^duplicity (\d+)\.(\d+)\.(\d+)/m.exec(said)?.slice(1).map(Number)
  if (version === undefined) return `does not tell its version: ${said.split('\n').at(-1) || 'it printed nothing'}`
  return isBefore(version, OLDEST_DUPLICITY)
    ? `is ${version.join('.')}, wanted ${OLDEST_DUPLICITY.join('.')} or later`
    : undefined
}

function isBefore(version: readonly number[], oldest: readonly number[]): boolean {
  const at = oldest.findIndex((part, index) => part !== version[index])
  return at >= 0 && version[at]! < oldest[at]!
}
