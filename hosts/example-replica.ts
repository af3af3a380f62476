import { fstab, host, nginx, passphrase, wireguard } from '../lib/inventory/helpers.ts'

/**
 * Example: the server that keeps replicas of example-web's sites. Nothing here says so: the markers do. It reaches the
 * same share in its own way, and needs the same passphrase.
 */
export default host({
  vpn: wireguard('wg0', { probe: { host: '10.8.0.1', port: 2049 } }),
  archive: fstab('/mnt/nas', { folder: 'websites' }),
  encryption: passphrase('HOLDFAST_PASSPHRASE', { generated: true }),
  webServer: nginx(),
  concurrency: 2,
})
