/** The last number of each host's address on the cable. */
export const ADDRESSES = { nas: 20, web: 11 } as const

/** What both have; one image serves them. */
export const PACKAGES = 'bubblewrap duplicity gnupg kmod nfs-common nfs-ganesha nfs-ganesha-vfs npm openssh-server procps'.split(
  ' ',
)

type Files = Record<string, string>

/** An empty unit file is a unit that does not start (systemd.unit(5)). */
const off = (...units: string[]): Files => Object.fromEntries(units.map(unit => [`/etc/systemd/system/${unit}`, '']))

/** Of NFS 4 alone: what else the packages bring would only wait, and the server is started when its disk is there. */
const OLDER_NFS = [
  'rpcbind.service',
  'rpcbind.socket',
  'nfs-ganesha-lock.service',
  'rpc-statd-notify.service',
  'nfs-blkmap.service',
]

/** What a guest of a kernel without hardware has no use for: each takes a second of its boot. */
const HARDWARE = [
  ...['configfs', 'drm', 'efi_pstore', 'fuse', 'loop', 'dm_mod'].map(module => `modprobe@${module}.service`),
  ...['ldconfig', 'systemd-binfmt', 'systemd-journal-catalog-update', 'systemd-logind', 'systemd-modules-load'].map(
    unit => `${unit}.service`,
  ),
  ...['systemd-pstore', 'systemd-random-seed', 'systemd-remount-fs', 'systemd-sysctl', 'systemd-update-done'].map(
    unit => `${unit}.service`,
  ),
  ...['systemd-update-utmp', 'systemd-user-sessions', 'getty@', 'kmod-static-nodes'].map(unit => `${unit}.service`),
  ...['proc-sys-fs-binfmt_misc.automount', 'dev-mqueue.mount', 'sys-fs-fuse-connections.mount', 'sys-kernel-config.mount'],
]

/** The server: leases are short, and so is the time in which clients may reclaim what they held before it died. */
export const nasFiles: Files = {
  ...off(...OLDER_NFS, 'ssh.service'),
  '/etc/ganesha/ganesha.conf': `NFS_CORE_PARAM { Protocols = 4; Enable_NLM = false; Enable_RQUOTA = false; allow_set_io_flusher_fail = true; }
NFSv4 { Grace_Period = 5; Lease_Lifetime = 10; RecoveryBackend = fs; }
EXPORT {
  Export_Id = 1; Path = /srv/nas; Pseudo = /srv/nas; Access_Type = RW; Squash = No_Root_Squash; SecType = sys; Protocols = 4; Transports = TCP;
  FSAL { Name = VFS; }
}
LOG { Default_Log_Level = EVENT; }
`,
}

/** How the server's folder is mounted, twice in the fstab: a soft mount gives up after some seconds without an answer (nfs(5)), a hard one never does. */
export const SOFT = '/mnt/nas'
export const HARD = '/mnt/hard'

/** The web server, which has nothing of Holdfast yet. */
export const webFiles = (publicKey: string): Files => ({
  ...off(...OLDER_NFS, ...HARDWARE, 'nfs-ganesha.service'),
  '/etc/hostname': 'web\n',
  '/etc/hosts': '127.0.0.1 localhost web\n203.0.113.20 nas\n',
  '/etc/fstab': `nas:/srv/nas ${SOFT} nfs noauto,nfsvers=4.2,soft,timeo=20,retrans=1 0 0
nas:/srv/nas ${HARD} nfs noauto,nfsvers=4.2,hard,timeo=40,retrans=1 0 0
`,
  '/etc/ssh/sshd_config.d/quick.conf': 'UsePAM no\nUseDNS no\n',
  '/root/.ssh/authorized_keys': publicKey,
})
