import type { Identity } from './pki.ts'

/** The last number of each host's address on the cable. */
export const ADDRESSES = { web1: 11, web2: 12, nas: 20, pc: 30 } as const
export type HostName = keyof typeof ADDRESSES
/** Hosts that back up or restore. */
export type Client = Exclude<HostName, 'nas'>

/** What every host has; each is given files that make it what it is, and a script that runs once in it. One image serves all. */
export const PACKAGES =
  `apache2 bsd-mailx bubblewrap cron curl duplicity faketime fuse3 gnupg libapache2-mod-php mariadb-client mariadb-server npm openssh-client openssh-server openssl
  openvpn php-cli php-curl php-gd php-mbstring php-mysql php-xml procps psmisc python3-aiosmtpd sshfs wordpress wordpress-theme-twentytwentyfive`.split(
    /\s+/,
  )

/** What a desktop alone needs. */
export const DESKTOP_PACKAGES = ['bubblewrap', 'duplicity']

type Files = Record<string, string>

/** An empty unit file is a unit that does not start (systemd.unit(5)). */
const off = (...units: string[]): Files => Object.fromEntries(units.map(unit => [`/etc/systemd/system/${unit}.service`, '']))

/** Through the VPN the NAS has another address than on the cable: what mounts its share by name goes through the tunnel, the desktop at home does not. */
const hostsFile = (nas: string): string => `127.0.0.1 localhost blog.example.org leaflet.example.org
203.0.113.20 vpngw mail
${nas} nas
`

const vpnKeys = (folder: string, { ca, certificate, key }: Identity): Files => ({
  [`${folder}/ca.crt`]: ca,
  [`${folder}/own.crt`]: certificate,
  [`${folder}/own.key`]: key,
})

/** Where all the logs of a run are small and no memory is wasted on four hosts at once. */
const MARIADB = '[mysqld]\ninnodb_buffer_pool_size=32M\nperformance_schema=OFF\nskip-name-resolve\n'

const APACHE = (name: string): string => `<VirtualHost *:80>
  ServerName ${name}.example.org
  DocumentRoot /srv/www/vhosts/${name}/SITE
  <Directory /srv/www/vhosts/${name}/SITE>
    AllowOverride All
    Require all granted
  </Directory>
</VirtualHost>
`

/** The NAS: a share by SSH, the VPN's server, and a mail server that keeps what it gets. */
export const nasFiles = (identity: Identity, publicKey: string): Files => ({
  ...off('mariadb', 'apache2', 'cron', 'exim4'), // exim4 comes with bsd-mailx, and would have the port of the one that keeps mails
  ...vpnKeys('/etc/openvpn/server', identity),
  '/etc/hosts': hostsFile('127.0.0.1'),
  '/root/.ssh/authorized_keys': publicKey,
  '/etc/openvpn/server/lab.conf': `dev tun0
proto udp4
topology subnet
server 10.77.0.0 255.255.255.0
ca ca.crt
cert own.crt
key own.key
dh none
duplicate-cn
keepalive 1 4
`,
  '/etc/systemd/system/mail-sink.service': `[Unit]
Description=A mail server that keeps what it gets
[Service]
ExecStart=/usr/bin/python3 -m aiosmtpd -n -l 0.0.0.0:25 -c aiosmtpd.handlers.Mailbox /var/mail/sink
[Install]
WantedBy=multi-user.target
`,
})

export const NAS_SCRIPT = `
chmod 700 /root/.ssh; chmod 600 /etc/openvpn/server/own.key
systemctl enable --now openvpn-server@lab mail-sink`

const share = (options: string): string =>
  `root@nas:/srv/nas /mnt/nas fuse.sshfs noauto,_netdev,allow_other,default_permissions,${options} 0 0\n`

/** An answer is waited for for six seconds, as a soft mount would. */
const SSHFS = 'IdentityFile=/root/.ssh/id_ed25519,BatchMode=yes,ServerAliveInterval=3,ServerAliveCountMax=2,ConnectTimeout=5'

const clientFiles = (nas: string, privateKey: string, knownHosts: string): Files => ({
  '/etc/hosts': hostsFile(nas),
  '/etc/fstab': share(SSHFS),
  '/root/.ssh/id_ed25519': privateKey,
  '/root/.ssh/known_hosts': knownHosts,
})

/** A web server with its VPN, as its owner had it before Holdfast came. */
export const webFiles = (identity: Identity, privateKey: string, knownHosts: string): Files => ({
  ...clientFiles('10.77.0.1', privateKey, knownHosts),
  ...vpnKeys('/etc/openvpn/client', identity),
  '/etc/openvpn/client/home.conf': `client
dev tun0
proto udp4
remote vpngw 1194
nobind
ca ca.crt
cert own.crt
key own.key
remote-cert-tls server
connect-retry 1 3
keepalive 1 4
`,
  '/etc/mysql/mariadb.conf.d/90-small.cnf': MARIADB,
})

export const WEB_SCRIPT = `
mkdir -p /mnt/nas /srv/www/vhosts
chmod 700 /root/.ssh; chmod 600 /root/.ssh/id_ed25519 /etc/openvpn/client/own.key
a2dissite -q 000-default; a2enmod -q rewrite; systemctl restart apache2`

/** The desktop, at home where the NAS is: no VPN. */
export const desktopFiles = (privateKey: string, knownHosts: string): Files => ({
  ...off('mariadb', 'apache2'),
  ...clientFiles('203.0.113.20', privateKey, knownHosts),
  '/home/fred/letter': 'dear all\n',
})

export const DESKTOP_SCRIPT = 'mkdir -p /mnt/nas; chmod 700 /root/.ssh; chmod 600 /root/.ssh/id_ed25519'

/** The web server's file for a site, and the words that switch it on. */
export const served = (name: string): string => `cat >/etc/apache2/sites-available/${name}.conf <<'END'
${APACHE(name)}END
a2ensite -q ${name}; systemctl reload apache2`
