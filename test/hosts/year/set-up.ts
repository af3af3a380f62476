import type { Lab } from '../lab.ts'

const inventory = (
  name: string,
  keepDays: number,
): string => `import { apache, host, nfs, passphrase } from '../lib/inventory/helpers.ts'

export default host({
  archive: nfs('/mnt/nas', { folder: 'holdfast', timeout: 15 }),
  duplicity: { volumeSize: 5 },
  auditBudget: 10,
  drillTime: 0,
  keepDays: ${keepDays},
  encryption: passphrase('HOLDFAST_PASSPHRASE', { generated: true }),
  webServer: apache(),
  mail: { from: '${name}@example.org', to: ['owner@example.org'], by: { kind: 'smtp', host: 'mail', port: 25, tls: 'none' } },
})
`

/**
 * Both web servers as `npm run setup` leaves them, and a share on the same cable: what the way there can do is
 * another test's.
 */
export async function setUp(lab: Lab, keepDays: number): Promise<void> {
  for (const name of ['web1', 'web2'] as const) {
    await lab.hosts[name].exec(['sh', '-c', 'cat >/opt/holdfast/hosts/"$0".ts', name], inventory(name, keepDays))
    await lab.sh(
      name,
      `cd /opt/holdfast; umask 077; echo HOLDFAST_PASSPHRASE=${'5a'.repeat(32)} >.env; sed -i 's/^10.77.0.1 nas/203.0.113.20 nas/' /etc/hosts; mariadb -e 'SET GLOBAL innodb_flush_log_at_trx_commit = 0'`,
    )
  }
}
