import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { HostNeeds } from '../core/site-needs.ts'
import { searchPath } from '../engine/process.ts'
import { ask } from '../host/terminal.ts'
import type { Host } from '../inventory/schema.ts'
import type { Found } from './find.ts'

interface Program {
  readonly name: string
  /** The Debian package that has it; undefined where none is known. */
  readonly package: string | undefined
  /** The command that helps, where that is no package. */
  readonly remedy?: readonly string[]
  readonly purpose: string
}

export interface Checked extends Program {
  readonly problem: string | undefined
}

/** The oldest duplicity whose options and exit codes Holdfast knows. */
const OLDEST_DUPLICITY = [0, 8, 22] as const

const program = (name: string, fromPackage: string, purpose: string): Program => ({ name, package: fromPackage, purpose })

const NFS = program('mount.nfs', 'nfs-common', 'mounts the NFS share')
const CIFS = program('mount.cifs', 'cifs-utils', 'mounts the CIFS share')
const SSHFS = program('sshfs', 'sshfs', 'mounts the share over SSH')

const MOUNT_HELPERS: Readonly<Record<string, Program>> = {
  ...{ nfs: NFS, nfs4: NFS, cifs: CIFS, smb3: CIFS, sshfs: SSHFS, 'fuse.sshfs': SSHFS },
}

const VPNS = {
  openvpn: program('openvpn', 'openvpn', 'is the VPN'),
  'wg-quick': program('wg-quick', 'wireguard-tools', 'is the VPN'),
}

/** Whether the sites of this host are still to come, as on a new replica: nobody knows yet of what kind they are. */
export const awaitsSites = ({ desktop }: Host, { sites }: Found): boolean => desktop === undefined && sites.length === 0

/** The programs that the nightly run will start on this host. @param needs of sites that will come here, if known */
export function neededPrograms(host: Host, found: Found, needs?: HostNeeds): Program[] {
  const { archive, vpn, encryption, database, duplicity } = host
  const kinds = found.sites.map(({ kind }) => kind)
  const comesWithPhp = needs !== undefined && needs.php.length > 0
  const awaited = awaitsSites(host, found) && !comesWithPhp
  const hasDatabase = awaited || needs?.database === true || kinds.includes('WordPress')
  const hasPhp = hasDatabase || comesWithPhp || kinds.includes('WordPress with SQLite')
  const share = archive.kind === 'mount' ? found.shares.find(each => each.mountPoint === archive.mountPoint) : undefined
  const helpers = [MOUNT_HELPERS[share?.type ?? ''] ?? []].flat()
  const unit = vpn?.kind === 'unit' ? vpn.unit : ''
  const vpns = Object.entries(VPNS).flatMap(([name, needed]) => (unit.startsWith(name) ? [needed] : []))
  const when = (isNeeded: boolean, ...programs: Program[]): Program[] => (isNeeded ? programs : [])
  return [
    program(duplicity.program, 'duplicity', 'makes and restores the backups'),
    ...when(encryption.kind !== 'none', program('gpg', 'gnupg', 'encrypts them'), program('gpgconf', 'gnupg', 'ends its agent')),
    program('flock', 'util-linux', 'keeps two runs from overlapping'),
    program('setpriv', 'util-linux', 'ends commands when the run ends'),
    program('bwrap', 'bubblewrap', 'runs programs in sandboxes'),
    ...when(
      hasDatabase,
      program(database.dumpProgram, 'mariadb-client', 'dumps the databases of WordPress sites'),
      program(database.clientProgram, 'mariadb-client', 'imports them on a replica'),
    ),
    ...when(hasPhp, program('php', 'php-cli', 'reads how WordPress sites reach their databases')),
    // replicas bring their databases along, to a server of this machine
    ...when(awaited, program('mariadbd', 'mariadb-server', 'keeps the databases of WordPress sites that come here')),
    ...when(
      vpn?.kind === 'unit' || (archive.kind === 'mount' && archive.by.kind === 'unit'),
      program('systemctl', 'systemd', 'starts and stops the units of the inventory'),
    ),
    ...when(archive.kind === 'mount', program('umount', 'mount', 'takes the share off again')),
    ...helpers,
    ...vpns,
  ]
}

/** Looks for the programs, and asks duplicity for its version by running it. */
export function checkPrograms(programs: readonly Program[], path?: string): Checked[] {
  return programs.map(each => {
    const file = pathOf(each.name, path)
    if (file === undefined) return { ...each, problem: 'not found' }
    return { ...each, problem: each.package === 'duplicity' ? wrongWithDuplicity(file) : undefined }
  })
}

/** Where a program is that a run would start: in PATH, or where the system has its own. */
function pathOf(name: string, path?: string): string | undefined {
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
  const output = `${stdout ?? ''}${stderr ?? ''}`.trim()
  const version = /^duplicity (\d+)\.(\d+)\.(\d+)/m.exec(output)?.slice(1).map(Number)
  if (version === undefined) return `does not tell its version: ${output.split('\n').at(-1) || 'it printed nothing'}`
  return isBefore(version, OLDEST_DUPLICITY)
    ? `is ${version.join('.')}, wanted ${OLDEST_DUPLICITY.join('.')} or later`
    : undefined
}

function isBefore(version: readonly number[], oldest: readonly number[]): boolean {
  const at = oldest.findIndex((part, index) => part !== version[index])
  return at >= 0 && version[at]! < oldest[at]!
}

export function installWords(missing: readonly Checked[]): string[] | undefined {
  const packages = [...new Set(missing.flatMap(each => each.package ?? []))].toSorted()
  return packages.length === 0 ? undefined : ['apt-get', 'install', '--no-install-recommends', ...packages]
}

/** Whether to install: `--yes` says so, a terminal asks, anything else does not. */
export async function mayInstall(yes: boolean): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const answer = await ask('Install them now? [y/N] ', new AbortController().signal)
  return /^y(es)?$/i.test(answer?.trim() ?? '')
}

/** Installs packages, and prints what the package manager prints. Gives whether it went well. */
export function install(words: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const [aptGet = '', command = '', ...rest] = words
  return spawnSync(aptGet, [command, '--yes', ...rest], { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
}
