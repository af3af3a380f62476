import { apache, host, nfs, openvpn, passphrase } from '../lib/inventory/helpers.ts'

/**
 * Example: a web server whose archive is an NFS share at home, behind a VPN that is on only while somebody needs it.
 */
export default host({
  vpn: openvpn('home', { probe: { host: '10.8.0.1', port: 2049 } }),
  archive: nfs('/mnt/nas', { folder: 'websites', owner: 98, group: 401 }),
  encryption: passphrase('HOLDFAST_PASSPHRASE', { generated: true }),
  webServer: apache(),
  sites: {
    'example.org': { domains: ['example.org', 'www.example.org'], exclude: ['SITE/wp-content/cache'] },
  },
})
