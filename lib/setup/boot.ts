import { join } from 'node:path'
import { lineOf } from '../engine/command.ts'
import type { Host } from '../inventory/schema.ts'
import type { Found } from './find.ts'
import type { SetupOptions } from './options.ts'
import { execLine, taskWords, writeUnits } from './units.ts'

const UNIT = 'holdfast-boot.service'

/** What serves sites, and what a rollback needs: names of Debian's units; those that a machine lacks do no harm. */
const SERVES = [
  'apache2',
  'nginx',
  'lighttpd',
  'caddy',
  'php-fpm',
  ...['7.4', '8.1', '8.2', '8.3', '8.4'].map(v => `php${v}-fpm`),
  'cron',
]

const NEEDED = ['local-fs.target', 'mariadb.service', 'mysql.service']

/**
 * Has the machine roll back interrupted restores as it boots, before it serves the sites: writes a unit, and switches
 * it on where this is the running machine.
 * @returns what became of it, for a person; nothing where systemd does not run the machine
 */
export function scheduleBoot(options: SetupOptions, host: Host, { systemd }: Found): string {
  if (!systemd) return ''
  const enable = ['systemctl', 'enable', UNIT]
  const { lines, enabled } = writeUnits(options, { [UNIT]: bootUnit(options, host) }, enable)
  return [
    'At boot, before the web server starts, a restore that a power cut interrupted is rolled back:',
    ...lines,
    ...(enabled ? [] : [`  as root: ${lineOf(enable)}`]),
  ].join('\n')
}

/**
 * The web server starts also when this fails: the other sites are whole. Without anything to roll back, nothing is
 * started.
 */
function bootUnit(options: SetupOptions, { paths }: Pick<Host, 'paths'>): string {
  return `[Unit]
Description=Holdfast: roll back interrupted restores before the sites are served
ConditionPathExistsGlob=${join(paths.state, 'restores', '*.json').replaceAll('%', '%%')}
After=${NEEDED.join(' ')}
Before=${SERVES.map(name => `${name}.service`).join(' ')}

[Service]
Type=oneshot
ExecStart=${execLine(taskWords('boot', options))}
SuccessExitStatus=75
TimeoutStartSec=15min

[Install]
WantedBy=multi-user.target
`
}
