import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DAY } from '../core/age.ts'
import { suspicionOf } from '../core/alarm.ts'
import { type Collection, type FileRef, newestSet } from '../core/collection.ts'
import { newestKnownGood } from '../core/known-good.ts'
import { signsOfWriter } from '../core/prune-check.ts'
import type { PruneInput } from '../core/retention.ts'
import { cannotWrite, messageOf } from '../core/wording.ts'
import { targetOf } from '../duplicity/io/call.ts'
import { parseName } from '../duplicity/names.ts'
import { lineOf } from '../engine/command.ts'
import { readRecord } from '../host/records.ts'
import type { Site, SiteLimits } from '../host/site.ts'
import { memoryOfSites } from '../host/state.ts'
import { makeFolder, namesIn } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { type FreeSpace, isFull, type SiteArchive } from '../store/archive.ts'
import { sealAlarmOf } from '../store/seals.ts'

/** Adds to this run's log of chain statuses (S21) and gives its path. */
export function appendPruneLog(folder: string, text: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)
  const [day, ending] = [`prune-${stamp.slice(0, 8)}`, `-${process.pid}.log`]
  let path = join(folder, `prune-${stamp}${ending}`)
  makeFolder(folder)
  try {
    const begun = readdirSync(folder).find(name => name.startsWith(day) && name.endsWith(ending))
    path = begun === undefined ? path : join(folder, begun)
    appendFileSync(path, `${text}\n`, { mode: 0o600 })
    return path
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

/** Why all pruning of a site is stopped until a person removes the file. */
const frozen = memoryOfSites('frozen', z.object({ since: z.string(), differences: z.array(z.string()).readonly() }))

const names = z.array(z.string()).readonly()
/** What an action was going to do, written before it begins: when the run is killed in it, the next one compares. */
export const pendingPruning = memoryOfSites('pruning', z.object({ mustGo: names, mayGo: names, before: names }))

export const freeze = (host: Host, site: string, differences: readonly string[], now: number): void =>
  frozen.write(host, site, { since: new Date(now).toISOString(), differences })

/** The command by which a person lets pruning of the site go on. */
export const unfreezeCommand = (host: Host, site: string): string => lineOf(['rm', frozen.fileOf(host, site)])

/** Why pruning of a site is stopped, if it is. A file that cannot be read stops it too. */
function readFrozen(host: Host, site: string): ReturnType<typeof frozen.read> {
  try {
    return frozen.read(host, site)
  } catch (error) {
    return { since: 'an unknown time', differences: [messageOf(error)] }
  }
}

/** Why pruning of a site is stopped, if it is, with the command that lets it go on. */
export function frozenReason(host: Host, site: string): string | undefined {
  const found = readFrozen(host, site)
  return found && `since ${found.since}, ${found.differences.join('; ')}; once you have looked: ${unfreezeCommand(host, site)}`
}

export interface PruneFacts {
  readonly host: Host
  readonly site: Site
  readonly siteArchive: SiteArchive
  readonly collection: Collection
  readonly limits: SiteLimits
  readonly interrupted: boolean
  /** What the archive has free; undefined where a look could not tell it. */
  readonly freeSpace: FreeSpace | undefined
  readonly now: number
}

/** All that the decision looks at (S17 to S21). */
export function pruneInputOf(facts: PruneFacts): PruneInput {
  const { host, site, siteArchive, collection, limits, interrupted, freeSpace, now } = facts
  const record = readRecord(host, site.name)
  const own = localPartialTimes(host, site.name, siteArchive, collection)
  const isOwn = ({ name }: FileRef): boolean => own.size > 0 && own.has(parseName(name, siteArchive.prefix)?.time ?? Number.NaN)
  return {
    collection,
    allowanceBytes: limits.allowanceBytes,
    keepIncrementals: host.keepIncrementals,
    otherWriter: signsOfWriter(collection, now, isOwn),
    interrupted,
    localPartial: own.size > 0,
    full: freeSpace !== undefined && isFull(host, freeSpace),
    tidy: limits.tidy === true,
    frozen: frozenReason(host, site.name),
    suspect: suspicionOf(collection, record)?.signs ?? sealAlarmOf(host, site.name)?.reasons,
    knownGood: oldestOf(record.shrunken?.good, newestKnownGood(collection)?.time),
    ...(site.isDesktop ? {} : { keepSince: keepSince(host, now) }),
    now,
  }
}

/** Who fills a site with junk must not have Holdfast delete the good history. */
const keepSince = ({ keepDays }: Pick<Host, 'keepDays'>, now: number): number => now - keepDays * DAY
const oldestOf = (...times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter(time => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** A partial set in this host's own archive-dir to which the backup sees: one that is newer than all finished sets. */
export const hasLocalPartial = (host: Host, site: string, archive: SiteArchive, collection: Collection): boolean =>
  localPartialTimes(host, site, archive, collection).size > 0

/** The times of such sets, by which their files in the archive are known. */
function localPartialTimes(host: Host, site: string, archive: SiteArchive, collection: Collection): ReadonlySet<number> {
  const { archiveDir } = targetOf(host, site, archive, 'backup')
  const newest = newestSet(collection)?.time ?? 0
  const names = namesIn(archiveDir).filter(name => name.includes('.part'))
  const parts = names.map(name => parseName(name, archive.prefix))
  return new Set(parts.filter(part => part?.partial === true && part.time > newest).map(part => part!.time))
}
