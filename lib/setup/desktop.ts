import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { lineOf } from '../engine/command.ts'
import type { Found } from './find.ts'
import type { SetupOptions } from './options.ts'
import { execLine, taskWords, writeUnits } from './units.ts'

const UNIT = 'holdfast-desktop'

/** The list of exclusions that a desktop begins with. */
const EXCLUSIONS = `# What is not backed up, in duplicity's own syntax (--exclude-filelist): whole paths, * and ? within a name, ** across folders.
# A line excludes; one that begins with "+ " includes what a later line would exclude. The first line that matches counts.
# + /home/fred/.cache/keep-this
- /home/*/.cache
`

/** Where the desktop's exclusions are: beside its inventory. */
const exclusionsOf = ({ inventory, host }: SetupOptions): string => join(inventory, `${host}.exclusions`)

/** The lines of a first inventory that make a host a desktop. */
export function desktopLines(options: SetupOptions): string[] {
  return [
    '  // the backup day and hour; when the machine was off then, it is made up for within catchUpDays',
    '  desktop: {',
    "    folder: '/home',",
    "    weekday: 'wednesday',",
    '    hour: 3,',
    '    catchUpDays: 3,',
    `    exclusions: ${JSON.stringify(exclusionsOf(options))},`,
    '  },',
  ]
}

/** Writes the first list of exclusions; one that is there stays. */
export function writeExclusions(options: SetupOptions): void {
  const path = exclusionsOf(options)
  mkdirSync(dirname(path), { recursive: true })
  if (!existsSync(path)) writeFileSync(path, EXCLUSIONS, { flag: 'wx' })
}

/**
 * Has the desktop ask by itself: writes a timer and its service, and switches the timer on where this is the running
 * machine. Without systemd it gives the line for anacron. Units that are there already stay as they are.
 * @returns what became of it, for a person
 */
export function scheduleDesktop(options: SetupOptions, { systemd }: Found): string {
  if (!systemd) return anacronText(options)
  const enable = ['systemctl', 'enable', '--now', `${UNIT}.timer`]
  const units = { [`${UNIT}.service`]: serviceUnit(options), [`${UNIT}.timer`]: TIMER }
  const { lines, enabled } = writeUnits(options, units, enable)
  return [
    'The desktop asks every hour, and at once when it was off:',
    ...lines,
    ...(enabled ? [] : [`  as root: ${lineOf(enable)}`]),
  ].join('\n')
}

/**
 * A stop lets the run release its mount before anything else is ended; 75 means that another run is at work, which is
 * no failure.
 */
function serviceUnit(options: SetupOptions): string {
  return `[Unit]
Description=Holdfast: the backup of this desktop, when one is due
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${execLine(taskWords('desktop', options))}
SuccessExitStatus=75
KillMode=mixed
TimeoutStopSec=2min
Nice=10
IOSchedulingClass=idle
`
}

/** Persistent: an hour that passed while the machine was off is made up for at its start. */
const TIMER = `[Unit]
Description=Holdfast: ask every hour whether the desktop is to be backed up

[Timer]
OnCalendar=hourly
Persistent=true

[Install]
WantedBy=timers.target
`

/** Once a day is enough: a backup day whose hour had not come yet is made up for on the next. */
function anacronText(options: SetupOptions): string {
  return `For /etc/anacrontab, every day, ten minutes after the start:\n  1 10 ${UNIT} ${lineOf(taskWords('desktop', options))}`
}
