import type { HostFile } from './schema.ts'

type ArchiveFile = HostFile['archive']
type MountFile = Omit<Extract<ArchiveFile, { kind: 'mount' }>, 'kind' | 'by' | 'mountPoint'>
type FolderFile = Omit<Extract<ArchiveFile, { kind: 'folder' }>, 'kind' | 'path'>
type UrlFile = Omit<Extract<ArchiveFile, { kind: 'url' }>, 'kind' | 'url'>
type EncryptionFile = NonNullable<HostFile['encryption']>
type Probed = { probe?: { host: string; port: number }; timeout?: number }
type Commands = { up: string[]; down: string[] }
type VpnFile = NonNullable<HostFile['vpn']>
type WebServerFile = NonNullable<HostFile['webServer']>

/** A host's inventory, checked by the compiler here and by zod when it is loaded. */
export const host = (file: HostFile): HostFile => file

/** An archive on a share with a systemd mount unit, such as fstab makes: `mnt-nas.mount` for /mnt/nas. */
export const nfs = (mountPoint: string, options: MountFile & { unit?: string } = {}): ArchiveFile => {
  const { unit = mountUnitOf(mountPoint), ...rest } = options
  return { kind: 'mount', mountPoint, by: { kind: 'unit', unit }, ...rest }
}

/** An archive on a share that `mount MOUNTPOINT` mounts by its line in fstab. */
export const fstab = (mountPoint: string, options: MountFile = {}): ArchiveFile => ({
  kind: 'mount',
  mountPoint,
  by: { kind: 'fstab' },
  ...options,
})

/** An archive on a share that commands of yours mount and unmount. Each is a list of words. */
export const mountedBy = (mountPoint: string, commands: Commands, options: MountFile = {}): ArchiveFile => ({
  kind: 'mount',
  mountPoint,
  by: { kind: 'commands', ...commands },
  ...options,
})

/** An archive in a folder that is always there: a second disk. */
export const folder = (path: string, options: FolderFile = {}): ArchiveFile => ({ kind: 'folder', path, ...options })

/** An archive at any URL that duplicity knows, without a mount. */
export const url = (base: string, options: UrlFile = {}): ArchiveFile => ({ kind: 'url', url: base, ...options })

/** The VPN of a systemd unit. `probe`: a TCP port behind the tunnel, which answers once it works. */
const vpnUnit = (unit: string, options: Probed): VpnFile => ({ kind: 'unit', unit, ...options })

/** The VPN of `openvpn-client@NAME`. */
export const openvpn = (name: string, options: Probed = {}): VpnFile => vpnUnit(`openvpn-client@${name}.service`, options)

/** The VPN of `wg-quick@NAME`. */
export const wireguard = (name: string, options: Probed = {}): VpnFile => vpnUnit(`wg-quick@${name}.service`, options)

/** A VPN that commands of yours switch on and off. `isUp` exits 0 when it is on. */
export const vpnCommands = (name: string, commands: Commands & { isUp?: string[] }, options: Probed = {}): VpnFile => ({
  kind: 'commands',
  name,
  ...commands,
  ...options,
})

/** Encryption by a passphrase, kept in .env under this name. `generated` when `npm run setup` made it. */
export const passphrase = (secret: string, options: { generated?: boolean } = {}): EncryptionFile => ({
  kind: 'passphrase',
  secret,
  ...options,
})

/** Encryption to a gpg key; `secret` names the variable of .env with the key's own passphrase, which restores need. */
export const gpgKey = (key: string, secret?: string): EncryptionFile => ({
  kind: 'gpg',
  key,
  ...(secret === undefined ? {} : { secret }),
})

/** Apache as Debian lays it out. One that does not run, as on a replica, is not started by a reload. */
export const apache = (options: Partial<WebServerFile> = {}): WebServerFile => ({
  kind: 'apache',
  folder: '/etc/apache2',
  test: ['apache2ctl', 'configtest'],
  reload: ['systemctl', 'try-reload-or-restart', 'apache2'],
  ...options,
})

/** nginx as Debian lays it out. */
export const nginx = (options: Partial<WebServerFile> = {}): WebServerFile => ({
  kind: 'nginx',
  folder: '/etc/nginx',
  test: ['nginx', '-t'],
  reload: ['systemctl', 'try-reload-or-restart', 'nginx'],
  ...options,
})

/** The name of the mount unit that systemd gives to a mount point (systemd.unit(5), string escaping for paths). */
export function mountUnitOf(mountPoint: string): string {
  const path = mountPoint.replace(/\/+/g, '/').replace(/^\/|\/$/g, '')
  if (path === '') return '-.mount'
  const escaped = [...Buffer.from(path)].map((byte, index) => escapeByte(byte, index === 0)).join('')
  return `${escaped}.mount`
}

function escapeByte(byte: number, first: boolean): string {
  const char = String.fromCharCode(byte)
  if (char === '/') return '-'
  if (/[A-Za-z0-9:_]/.test(char) || (char === '.' && !first)) return char
  return `\\x${byte.toString(16).padStart(2, '0')}`
}
