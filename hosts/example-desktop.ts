import { host, nfs, passphrase } from '../lib/inventory/helpers.ts'

/**
 * Example: a desktop that is on when somebody sits at it. Wednesdays from 03:00 on it is backed up to a share at home,
 * or within three days when it was off; on other days the archive is tidied. `noauto` in /etc/fstab makes the mount
 * unit.
 */
export default host({
  archive: nfs('/mnt/BackupDesktop', { folder: 'Ubuntu', owner: 98, group: 401, links: 1, maxSize: 100 }),
  encryption: passphrase('HOLDFAST_PASSPHRASE', { generated: true }),
  fullBackupFrequency: '3M',
  desktop: { folder: '/', weekday: 'wednesday', hour: 3, catchUpDays: 3, exclusions: '/etc/holdfast/exclusions' },
})
