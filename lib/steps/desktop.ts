import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { BadInput } from '../core/bad-input.ts'
import { isClean, primaryChain } from '../core/collection.ts'
import { newestRestorePoint } from '../core/restore-point.ts'
import { type DesktopWork, desktopWork, isSameDay } from '../core/schedule.ts'
import { counted, formatBytes, messageOf } from '../core/wording.ts'
import { formatWallTime, wallTimeIn } from '../core/zoned-time.ts'
import { LONGEST_SEARCH, read, search } from '../duplicity/io/exclusions.ts'
import { isLeftOut, parseSelection, problemsOf } from '../duplicity/selection.ts'
import type { Condition, Many, Step } from '../engine/step.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import type { DesktopSite } from '../host/site.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { desktopOf, desktopSite, desktopSpace, desktopSpaceReport, scheduleOf, zoneOf } from '../site/desktop.ts'
import { lastWork } from '../site/report.ts'
import { freeBytes } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { type PruneNeeds, planNow, prune } from './prune.ts'

export interface DesktopRequest {
  /** Back up now, whatever day it is. */
  readonly backupNow: boolean
}

export type Work = { readonly work: DesktopWork; readonly nextDay: string }
/** When tidying and when pruning were last begun, ms since the epoch. */
const memory = z.object({ tidiedAt: z.number().exactOptional(), prunedAt: z.number().exactOptional() })
type Memory = Readonly<z.infer<typeof memory>>

const recall = (host: Host): Memory => readState(host, 'desktop', memory) ?? {}
const remember = (host: Host, news: Memory): void => writeState(host, 'desktop', { ...recall(host), ...news })

/** From the schedule (S29, S30, S33), the last success, the lock of the last run and what duplicity has left open. */
export const decideWork: Step<Needs<'host' | 'interrupted' | 'request'> & DesktopRequest, Work> = {
  name: 'schedule',
  title: 'Check the schedule',
  run: async ({ host, interrupted, request, backupNow }, shell) => {
    const settings = desktopOf(host)
    const now = shell.now()
    const site = desktopSite(host)
    const { name } = site
    const other = request.only.find(each => each !== name)
    if (other !== undefined) throw new BadInput(`--site: no desktop "${other}" here; there is ${name}`)
    const { decision, zone, nextDay } = scheduleOf(host, readRecord(host, name).backedUpTo, now)
    const { tidiedAt } = recall(host)
    const cutShort = interrupted
      ? 'the last run was interrupted'
      : hasPartialSet(host, name)
        ? 'a set is not complete'
        : undefined
    const work = desktopWork({ decision, asked: backupNow, interrupted: cutShort, tidiedAt, now, zone })
    const day = (time: number): string => formatWallTime(wallTimeIn(zone, time))
    const lines = [
      `${interrupted ? '' : 'no lock of a dead run, no other run; '}today is ${day(now)} (${zone})`,
      `the backup day is or was ${day(decision.backupAt)}, the next ${day(decision.nextAt)}; made up for within ${counted(settings.catchUpDays, 'day')}`,
      `${decision.state}: ${work.reason}`,
    ]
    for (const line of lines) shell.note('info', line)
    const told = {
      site: name,
      role: 'desktop',
      commandPlace: request.commandPlace,
      next: work.kind === 'backup' ? 'backup, tried again when asked next' : nextDay,
    } as const
    shell.report(work.kind === 'none' ? { ...told, lastWork: lastWork(host, site) } : told)
    return { work, nextDay }
  },
}

/** A set that was cut off left `.part` files in the archive-dir, or waits for the set that completes it. */
function hasPartialSet(host: Host, name: string): boolean {
  const { cutOff = [], backedUpTo = 0 } = readRecord(host, name)
  if (cutOff.some(time => time > backedUpTo)) return true
  try {
    return readdirSync(join(host.paths.cache, 'duplicity', `${name}.backup`)).some(file => /\.part(\.|$)/.test(file))
  } catch {
    return false
  }
}

export const hasWork: Condition<Work, object> = ({ work }) => (work.kind === 'none' ? work.reason : {})
export const isBackup: Condition<Work, object> = ({ work }) => (work.kind === 'backup' ? {} : work.reason)
export const isTidying: Condition<Work, object> = ({ work }) => (work.kind === 'tidy' ? {} : work.reason)

/** All of a desktop is in its folder. */
const NOTHING_BESIDE = { databaseSaved: false, certificatesSaved: false, webServerSaved: false, tree: undefined }

/** The desktop as the one site-like thing that steps are done for. */
export const theDesktop: Many<Needs<'host'>, { site: DesktopSite } & typeof NOTHING_BESIDE> = {
  list: ({ host }) => [{ site: desktopSite(host), ...NOTHING_BESIDE }],
  nameOf: ({ site }) => site.name,
}

export const reportNextDay: Step<Needs<'site'> & Work, void> = {
  name: 'next-day',
  title: 'Next backup day',
  run: async ({ site, nextDay }, shell) => {
    shell.note('info', nextDay)
    shell.report({ site: site.name, next: nextDay })
  },
}

/** A host whose disk is full or read-only could not remember its backup, and would add a set at every asking. */
export const compareWithArchive: Step<Needs<'host' | 'site' | 'collection'> & Work, Pick<Work, 'work'>> = {
  name: 'compare',
  title: 'Check for a backup of today',
  run: async ({ host, site, collection, work }, shell) => {
    const known = readRecord(host, site.name).backedUpTo
    const newest = newestRestorePoint(collection)
    if (!work.isScheduled || known === undefined || !newest?.set.restorable || newest.time <= known) return { work }
    const { state, reason } = scheduleOf(host, newest.time, shell.now()).decision
    if (state !== 'not due') return { work }
    shell.note('info', `${reason}, as the archive shows`)
    const record = { backedUpTo: newest.time, backedUpAs: host.name }
    await shell.act('remember the backup', () =>
      rememberOrTell(shell, 'the backup is made, but this host cannot remember it', () => updateRecord(host, site.name, record)),
    )
    return { work: { kind: 'none', reason } }
  },
}

/** Remembered before it is done: a machine away from its share shall not fail at it every hour. */
export const beginTidying: Step<Needs<'host'> & Work, void> = {
  name: 'record-day',
  title: 'Record that today is done',
  run: async ({ host }, shell) => {
    await shell.act('remember when', () => remember(host, { tidiedAt: shell.now() }))
  },
}

/**
 * One pruning action a day of the calendar: a backup that waits for room is tried at every asking, and each would take
 * a chain with it. Remembered before it is done, and not done where that cannot be remembered.
 */
export const pruneOnceADay: Step<PruneNeeds & Needs<'writer' | 'ownership'> & { site: DesktopSite }, Needs<'collection'>> = {
  ...prune,
  title: 'Prune (one action a day at most)',
  run: async (facts, shell) => {
    const { host, collection } = facts
    if (planNow(facts, shell).action.kind === 'none') return await prune.run(facts, shell)
    if (isSameDay(recall(host).prunedAt, shell.now(), zoneOf(host))) {
      shell.note('info', 'the archive was pruned today already: one action a day')
      return { collection }
    }
    try {
      await shell.act('remember that today was pruned', () => remember(host, { prunedAt: shell.now() }))
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('problem', `nothing is pruned, since this host could not remember it: ${messageOf(error)}`)
      return { collection }
    }
    return await prune.run(facts, shell)
  },
}

type RoomNeeds = Needs<'host' | 'archive' | 'site' | 'siteArchive' | 'collection' | 'limits'>

/** As the desktop's archive is alone on its share (S29), it may grow until just the next full backup has room. */
export const checkDesktopSpace: Step<RoomNeeds, Needs<'freeSpace' | 'limits'>> = {
  name: 'desktop-space',
  title: 'Check disk space',
  run: async ({ host, archive, site, siteArchive, collection, limits }, shell) => {
    const free = await freeBytes(archive, shell)
    const room = desktopSpace({ host, site, siteArchive, collection }, free)
    shell.note(
      'info',
      isClean(collection)
        ? 'the backup sets are clean: no incomplete or orphaned ones to remove'
        : 'the backup sets are not clean',
    )
    const primary = primaryChain(collection)
    if (primary)
      shell.note(
        'info',
        `space used by the newest full backup ${formatBytes(primary.full.bytes)}, its chain ${formatBytes(primary.bytes)}`,
      )
    if (free !== undefined) shell.note('info', `space available on the archive: ${formatBytes(free)}`)
    shell.report({ site: site.name, ...desktopSpaceReport(host, room, free) })
    shell.note('info', room.reason)
    return {
      freeSpace: { bytes: free, fullBackups: { allowed: room.enough, reason: room.reason } },
      limits: { ...limits, allowanceBytes: room.allowanceBytes, tidy: true },
    }
  },
}

/**
 * Checks the exclusions before anything is mounted (S32): what duplicity would refuse is bad input. A pattern that
 * matches nothing is only told: a cache that is not there today is no reason to lose a backup, but a mistyped path
 * fills the archive for months.
 */
export const checkExclusions: Step<Needs<'site'>, void> = {
  name: 'exclusions',
  title: ({ site }) => `Check the exclusions${site.settings.excludeFrom === undefined ? ' (none)' : ''}`,
  run: async ({ site }, shell) => {
    const file = site.settings.excludeFrom
    using opened = OpenedFolder.openPlain(site.folder)
    if (!opened) throw new BadInput(`there is no folder ${site.folder} to back up`)
    if (file === undefined) return
    const patterns = parseSelection(read(file))
    const problems = problemsOf(patterns, site.folder)
    if (isLeftOut(patterns, site.folder, true) && !patterns.some(({ includes }) => includes))
      throw new BadInput(`${file}: it leaves out all of ${site.folder}, and nothing would be backed up`)
    if (problems.length > 0) throw new BadInput(`${file}: ${problems.join('; ')}`)
    const { unmatched, gaveUp } = search(opened, patterns, shell.now, shell.stop)
    const found = gaveUp ? `was found within ${LONGEST_SEARCH} s` : 'is there'
    for (const { line, glob } of unmatched)
      shell.note('warning', `${file}, line ${line}: nothing that "${glob}" matches ${found}`)
    shell.note('info', `${counted(patterns.length, 'pattern')} in ${file}`)
  },
}
