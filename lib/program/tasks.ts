import { resolve } from 'node:path'
import { intervalSeconds } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { MEGABYTE } from '../core/limits.ts'
import { type SiteJson, type SiteStatus, siteJson } from '../report/status.ts'
import { type Approval, readApproval } from '../restore/approvals.ts'
import { type Recovery, readRecovery } from '../restore/recovery.ts'
import { readSearch, type Search } from '../restore-test/search.ts'
import { type LookFor, newLook } from '../site/report.ts'
import type { WriterRequest } from '../steps/archive.ts'
import type { DesktopRequest } from '../steps/desktop.ts'
import type { EncryptionRequest } from '../steps/gpg.ts'
import type { ClearRequest, ClockRequest } from '../steps/seals.ts'
import type { ShrinkageRequest } from '../steps/verify.ts'
import type { Task, TaskWith } from './command-line.ts'
import type { ForecastOptions, StatusOptions } from './look.ts'
import { flag, list, path, text } from './options.ts'
import { handoverTask, resolveTask, takeoverTask } from './owner-tasks.ts'

const NEW_MACHINE = {
  'new-machine': flag('this machine replaces another one of the same name; say it once'),
} as const

const CLOCK = {
  'set-aside-future': flag("this machine's clock is right: set aside the backups dated ahead of it"),
} as const

const NEW_PASSPHRASE = {
  'new-passphrase': flag('the passphrase or key was changed on purpose: begin a new chain with it, once'),
} as const

export const nightlyTask: TaskWith<WriterRequest & ShrinkageRequest & ClockRequest & EncryptionRequest> = {
  name: 'nightly',
  about: 'The nightly run: backs up the sites that this host owns, and updates its replicas of the others.',
  judges: true,
  options: {
    ...NEW_MACHINE,
    ...CLOCK,
    ...NEW_PASSPHRASE,
    'accept-shrinkage': flag('the sites of --site were meant to shrink: let their replicas follow'),
  },
  read: values => ({
    newMachine: values['new-machine'] === true,
    newPassphrase: values['new-passphrase'] === true,
    acceptShrinkage: saidOfSites(values, 'accept-shrinkage'),
    setAsideFuture: saidOfSites(values, 'set-aside-future'),
  }),
}

export const recoverTask: TaskWith<{ recovery: Recovery }> = {
  name: 'recover',
  about: 'Restores a site that this host owns from its archive: files, database and certificates.',
  interactive: true,
  options: {
    site: list('NAME', 'the site (required)'),
    age: text('40D', 'as it was that long ago: s, m, h, D, W, M (30 days), Y'),
    at: text(
      'WHEN',
      `as it was then: 2026-01-31 (at midnight), "2026-01-31 18:00" (local time)
Takes the last backup before that time; without --age and --at, the newest.`,
    ),
    before: text('WHEN', 'the same as --at'),
    'last-good': flag('the newest backup of a site that worked; with --age or --before, the newest before that'),
    path: list('REL', 'only this file or folder, such as SITE/wp-content/uploads; may be repeated'),
    table: list('NAME', 'only this table of the database, such as wp_posts; may be repeated'),
    'files-only': flag('leave the database as it is'),
    'db-only': flag('leave the files as they are'),
    into: path('DIR', 'restore into this folder, and leave the live site alone'),
    anyway: flag('keep the restored site although it does not work and the former one did'),
    list: flag('list the restore points and do nothing'),
    undo: flag('swap back what the last restore replaced'),
    kept: text('ID', 'with --undo: go back to what an earlier restore replaced; --undo --dry-run lists these'),
    yes: flag('do not ask', 'y'),
  },
  help: `The live site is replaced only at the very end, once what was restored has been checked. What was there
before is kept for keepPrevious days: --undo brings it back, and can itself be undone.

  npx zx tasks/recover.ts --site blog --list             what there is
  npx zx tasks/recover.ts --site blog --dry-run          what would happen
  npx zx tasks/recover.ts --site blog                    the newest backup
  npx zx tasks/recover.ts --site blog --age 40D          as it was 40 days ago
  npx zx tasks/recover.ts --site blog --last-good        as it was when it last worked
  npx zx tasks/recover.ts --site blog --undo             what that restore replaced
  npx zx tasks/recover.ts --site blog --at 2026-01-31 --into /root/look`,
  read: values => ({ recovery: readRecovery(values, Date.now(), process.stdin.isTTY === true) }),
}

export const bisectTask: TaskWith<{ search: Search; recovery: Recovery }> = {
  name: 'bisect',
  about: 'Finds the last backup of a site that works, by restoring some of them into a sandbox and checking each over HTTP.',
  interactive: true,
  options: {
    site: list('NAME', 'the site (required)'),
    expect: text('TEXT', 'a text that a page of the working site contains'),
    path: list('/shop', "the page to request, instead of those of the site's own check; may be repeated"),
    judge: path('PROGRAM', 'a program that is given the URL of each page, and exits with 0 where it works'),
    before: text('WHEN', 'only backups up to then'),
    file: text('REL', 'instead: between which backups this file appeared, changed or disappeared; nothing is restored'),
  },
  help: `Nothing live is touched. Results are kept beside the backups: a search that was stopped continues
where it was. Forty backups need seven restores at most.

  npx zx tasks/bisect.ts --site blog
  npx zx tasks/bisect.ts --site blog --expect 'Add to basket' --path /shop/
  npx zx tasks/bisect.ts --site blog --file SITE/wp-content/uploads/x.php`,
  read: values => ({
    search: readSearch(values, Date.now()),
    recovery: readRecovery({ site: values.site, list: true }, Date.now(), false),
  }),
}

export const approveTask: TaskWith<{ approval: Approval }> = {
  name: 'approve',
  about: 'Shows the web server configuration from a backup that waits for approval, and installs it or leaves it out.',
  interactive: true,
  options: {
    site: list('NAME', 'the site (required)'),
    file: list('NAME', 'only this file'),
    digest: text('HEX', 'only what a report named by this; no question is asked then'),
    decline: flag('leave it out for good'),
    yes: flag('do not ask', 'y'),
  },
  read: values => ({ approval: readApproval(values, process.stdin.isTTY === true) }),
}

export const desktopTask: TaskWith<DesktopRequest & WriterRequest & ClockRequest & EncryptionRequest> = {
  name: 'desktop',
  about: 'The backup of a machine that is not always on: run it as often as you like, it decides whether there is work.',
  judges: true,
  isAskedOften: true,
  options: { now: flag('back up now, whatever day it is'), ...NEW_MACHINE, ...CLOCK, ...NEW_PASSPHRASE },
  read: values => ({
    // whoever says one of these does not wait for the backup day: nothing of it would be done before
    backupNow: ['now', 'set-aside-future', 'new-machine', 'new-passphrase'].some(name => values[name] === true),
    newMachine: values['new-machine'] === true,
    setAsideFuture: values['set-aside-future'] === true,
    newPassphrase: values['new-passphrase'] === true,
  }),
}

export const bootTask: TaskWith<object> = {
  name: 'boot',
  about:
    'At boot, before the web server starts: rolls back the restores that a power cut interrupted, and freezes sites that other hosts took over.',
  options: { site: list('NAME', 'refused: it is for all sites') },
  read: ({ site }) => {
    if (Array.isArray(site) && site.length > 0) throw new BadInput('--site: boot is for all sites: wanted none')
    return {}
  },
}

const mounted = flag('the archive is mounted already: no VPN, no mount, no unmount')

export const statusTask: TaskWith<LookFor<SiteJson> & StatusOptions & ClearRequest> = {
  name: 'status',
  about: 'Shows the sites, their chains and sizes, and what pruning would do next. Changes nothing, and may run beside a backup.',
  options: {
    mounted,
    clear: list('NAME', 'this suspect site, or its archive, is as it should be: prune it again'),
    html: path('DIR', 'write it as pages too: index.html, and fleet.html where sites of several hosts are'),
  },
  help: 'Ends with 1 when something is wrong: no recent backup, over an allowance, too little free space, damage, a conflict.',
  read: values => ({
    ...newLook(values.mounted === true, site => siteJson(site, values.json === true || values.html !== undefined)),
    html: pathIn(values.html),
    cleared: Array.isArray(values.clear) ? values.clear : [],
  }),
}

export const forecastTask: TaskWith<LookFor<SiteStatus> & ForecastOptions> = {
  name: 'forecast',
  about: 'Shows how far back the history will reach, by the nightly decisions and the measured sizes. Changes nothing.',
  options: {
    allowance: text('MB', 'compare with this allowance'),
    frequency: text('1W', 'compare with this frequency of full backups'),
    nights: text('N', 'how many nights (default: 365)'),
    html: path('FILE', 'write a page with charts, which needs nothing else'),
    mounted,
  },
  read: values => ({
    ...newLook(values.mounted === true, site => site),
    html: pathIn(values.html),
    nights: numberOf(values.nights ?? '365', 'nights', 1, 36_500),
    allowanceBytes: values.allowance === undefined ? undefined : numberOf(values.allowance, 'allowance', 0.001, 1e9) * MEGABYTE,
    frequencySeconds: values.frequency === undefined ? undefined : frequencyOf(values.frequency),
  }),
}

/** Whether a flag is given that must name its sites. @throws {BadInput} when it would mean all of them */
function saidOfSites(values: Readonly<Record<string, unknown>>, flag: string): boolean {
  if (values[flag] !== true) return false
  if (!Array.isArray(values.site) || values.site.length === 0)
    throw new BadInput(`--${flag}: found no --site, wanted the site that it is for`)
  return true
}

/** All tasks, in the order in which one meets them. */
export const TASKS: readonly Task[] = [
  nightlyTask,
  recoverTask,
  bisectTask,
  approveTask,
  resolveTask,
  handoverTask,
  takeoverTask,
  statusTask,
  forecastTask,
  desktopTask,
  bootTask,
]

/** The path that an option names, if it is given. */
const pathIn = (value: unknown): string | undefined => (value === undefined ? undefined : resolve(String(value)))

function numberOf(value: unknown, name: string, least: number, most: number): number {
  const whole = Number.isInteger(least)
  const number = (whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(String(value)) ? Number(value) : Number.NaN
  if (number >= least && number <= most) return number
  throw new BadInput(`--${name}: found "${value}", wanted a ${whole ? 'whole ' : ''}number from ${least} to ${most}`)
}

function frequencyOf(value: unknown): number {
  const seconds = intervalSeconds(String(value))
  if (seconds) return seconds
  throw new BadInput(`--frequency: found "${value}", wanted an interval such as 1M, 1W or 28D`)
}
