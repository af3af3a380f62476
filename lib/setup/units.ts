import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { lineOf } from '../engine/command.ts'
import { HOME } from '../program/command-line.ts'
import type { SetupOptions } from './options.ts'

/** Where an administrator's own units are (systemd.unit(5)). */
const FOLDER = '/etc/systemd/system'

/** Bundles of the tasks, and what Node has compiled of them: most of a start. Only root can write there. */
export const COMPILED = 'NODE_COMPILE_CACHE=/var/cache/holdfast/node'

/** Has systemd ask for the desktop's backup, else gives the line for anacron. Returns what a person reads of it. */
export function scheduleDesktop(options: SetupOptions, systemd: boolean): string {
  // once a day is enough for anacron: a backup day whose hour had not come yet is made up for on the next
  if (!systemd)
    return `For /etc/anacrontab, every day, ten minutes after the start:\n  ${COMPILED}\n  1 10 ${DESKTOP} ${lineOf(taskWords('desktop', options))}`
  const units = { [`${DESKTOP}.service`]: desktopService(options), [`${DESKTOP}.timer`]: DESKTOP_TIMER }
  const enable = ['systemctl', 'enable', '--now', `${DESKTOP}.timer`]
  return writeUnits(options, units, enable, 'The desktop asks every hour, and at once when it was off:')
}

/** Has the machine look for interrupted restores and sites that others took over, at boot, before it serves them. */
export function scheduleBoot(options: SetupOptions, systemd: boolean): string {
  if (!systemd) return ''
  const title =
    'At boot, before the web server starts, a restore that a power cut interrupted is rolled back, and a site that another host took over is frozen:'
  return writeUnits(options, { [BOOT]: bootService(options) }, ['systemctl', 'enable', BOOT], title)
}

/** Writes units by their names, and runs `enable` on the running machine. Those that are there already stay. */
function writeUnits({ root }: SetupOptions, units: Readonly<Record<string, string>>, enable: readonly string[], title: string) {
  const lines = Object.entries(units).map(([name, text]) => writeUnit(join(root, FOLDER, name), join(FOLDER, name), text))
  const isEnabled = root === '/' && run(['systemctl', 'daemon-reload']) && run(enable)
  return [title, ...lines, ...(isEnabled ? [] : [`  as root: ${lineOf(enable)}`])].join('\n')
}

function writeUnit(file: string, name: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true })
  if (!existsSync(file)) writeFileSync(file, text, { flag: 'wx' })
  else if (readFileSync(file, 'utf8') !== text)
    return `  ${name} is there already and stays as it is: remove it and run this again for a new one`
  return `  ${name}`
}

const run = ([program = '', ...words]: readonly string[]): boolean =>
  spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0

/**
 * What spares memory and processors in a night of many sites: what is short-lived may take 4 MB and not 32, and what
 * nobody needs half of what is needed and not the triple. Garbage is collected at once: in small steps between the work
 * it would go on to grow meanwhile, by a quarter of all. Threads that collect it together wait for each other, and the
 * other processors have work of duplicity's.
 */
const SPARING = [
  ...['--min-semi-space-size=4', '--max-semi-space-size=4', '--heap-growing-percent=50'],
  ...['--no-incremental-marking', '--single-threaded-gc'],
]

/** The words that start a task without npx: a short PATH may lack it, and it takes longer to start than the task. */
export const taskWords = (task: string, { commandPlace }: Pick<SetupOptions, 'commandPlace'>): string[] => [
  join(HOME, 'node_modules/.bin/node'),
  ...(task === 'nightly' ? SPARING : []),
  join(HOME, 'lib/start.ts'),
  join(HOME, 'tasks', `${task}.ts`),
  ...commandPlace.words,
]

/** A task as ExecStart takes it (systemd.service(5), command lines). */
const execLine = (task: string, options: SetupOptions): string => taskWords(task, options).map(quoted).join(' ')

const quoted = (word: string): string => `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`

const DESKTOP = 'holdfast-desktop'

/** A stop lets the run release its mount first; 75 means that another run is at work, which is no failure. */
const desktopService = (options: SetupOptions): string => `[Unit]
Description=Holdfast: the backup of this desktop, when one is due
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
Environment=${COMPILED}
ExecStart=${execLine('desktop', options)}
SuccessExitStatus=75
KillMode=mixed
TimeoutStopSec=2min
Nice=10
IOSchedulingClass=idle
`

/** Persistent: an hour that passed while the machine was off is made up for at its start. */
const DESKTOP_TIMER = `[Unit]
Description=Holdfast: ask every hour whether the desktop is to be backed up

[Timer]
OnCalendar=hourly
Persistent=true

[Install]
WantedBy=timers.target
`

const BOOT = 'holdfast-boot.service'

/** What serves sites, and what the look needs: names of Debian's units; those that a machine lacks do no harm. */
const PHP = ['', '7.4', '8.1', '8.2', '8.3', '8.4'].map(version => `php${version}-fpm`)
const SERVES = ['apache2', 'nginx', 'lighttpd', 'caddy', ...PHP, 'cron'].map(name => `${name}.service`)
const NEEDED = ['local-fs.target', 'network-online.target', 'mariadb.service', 'mysql.service']

/** The web server starts also when this fails: the other sites are whole. */
const bootService = (options: SetupOptions): string => `[Unit]
Description=Holdfast: interrupted restores and sites that other hosts took over, before they are served
Wants=network-online.target
After=${NEEDED.join(' ')}
Before=${SERVES.join(' ')}

[Service]
Type=oneshot
Environment=${COMPILED}
ExecStart=${execLine('boot', options)}
SuccessExitStatus=75
TimeoutStartSec=15min

[Install]
WantedBy=multi-user.target
`
