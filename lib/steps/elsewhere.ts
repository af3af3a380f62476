import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { isWithin } from '../core/path.ts'
import { printTime, type RestorePoint } from '../core/restore-point.ts'
import { bytesOf } from '../database/dump-file.ts'
import { filesOfTables } from '../database/dump-of-tables.ts'
import { tableFile } from '../database/dump-parts.ts'
import { OpenedDump } from '../database/opened-dump.ts'
import { type Fetch, fetchTree } from '../duplicity/io/fetch.ts'
import type { Step } from '../engine/step.ts'
import { COMPANION, dumpNames, isSqlDump } from '../host/companion.ts'
import { nearestThere } from '../host/disk.ts'
import { WrongKind } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { openWay, wayTo } from '../host/own-way.ts'
import type { Host } from '../inventory/schema.ts'
import { partsOf, type Scope, whatOf } from '../restore/recovery.ts'
import { dumpsOfTables } from '../restore/restored-tables.ts'
import type { Needs } from '../store/facts.ts'

type Elsewhere = Needs<'host' | 'secrets' | 'request' | 'site' | 'siteArchive' | 'collection'> & {
  point: RestorePoint
  scope: Scope
  into: string
}

/** Refuses a folder that nothing can be restored into, before anything else is said about the restore. */
export const checkElsewhere: Step<Pick<Elsewhere, 'host' | 'into'>, void> = {
  name: 'target-folder',
  title: ({ into }) => `Check the target folder ${into}`,
  run: async ({ host, into }) => {
    if (!isOnDiskOf(into)) {
      const wanted = 'wanted one on whose disk there is a folder that nobody else can change'
      throw new BadInput(`--into ${into}: others can change the folders on the way there; ${wanted}`)
    }
    const there = nearestThere(into)
    refuseAmongSites(host, into, join(realpathSync(there), relative(there, into)))
    if (!isFree(into)) throw new BadInput(`--into ${into}: wanted a folder that is empty or not there yet`)
  },
}

/** Touches nothing live, after {@link checkElsewhere}. The database is there as its dump. */
export const restoreFilesElsewhere: Step<Elsewhere, void> = {
  name: 'restore-elsewhere',
  title: ({ into }) => `Restore into ${into}`,
  run: async ({ host, secrets, request, site, siteArchive, collection, point, scope, into }, shell) => {
    const common = { host, secrets, site: site.name, archive: siteArchive, collection, point }
    const parts = partsOf(scope)
    for (const path of parts ?? [undefined]) {
      const place = path === undefined ? into : join(into, path)
      const part = path === undefined ? {} : { path }
      await fetchTree({ ...common, ...part, into: place, beyond: beyond(host, into, dirname(place)) }, shell)
    }
    if (scope.tables.length > 0)
      await shell.act(`put each table in a file in ${into}`, () => putTables(beyond(host, into, into).open, scope.tables))
    const what = scope.files && scope.database ? site.name : `${whatOf(scope)} of ${site.name}`
    if (!request.dryRun) shell.note('significant', `${what} as of ${printTime(point.time)}: restored into ${into}`)
  },
}

/** A file for each table, that any client of MariaDB imports. @throws {BadInput} for one that the dumps do not have */
async function putTables(open: () => OpenedFolder, tables: readonly string[]): Promise<void> {
  using folder = open()
  try {
    using companion = folder.folder(COMPANION)
    for (const [name, ofIt] of await dumpsOfTables(companion, dumpNames(companion).filter(isSqlDump), tables)) {
      using dump = OpenedDump.in(companion, name)!
      for (const table of ofIt) {
        using made = folder.create(tableFile(table))
        for await (const bytes of bytesOf(await filesOfTables(dump, [table], companion.path))) made.append(bytes)
      }
    }
  } finally {
    folder.removeAll(COMPANION)
  }
}

/** Whoever owns a folder on the way to where a tree is unpacked may exchange it at any moment. */
function beyond(host: Host, into: string, around: string): NonNullable<Fetch['beyond']> {
  const way = wayTo(around)
  const open = (): OpenedFolder => {
    try {
      const opened = openWay(way)
      refuseAmongSites(host, into, opened.real())
      return opened
    } catch (error) {
      if (!(error instanceof WrongKind)) throw error
      throw new BadInput(`--into ${into}: ${error.path} is ${error.found}; wanted a folder`)
    }
  }
  return { own: way.own, open }
}

/** Whether what is unpacked where nobody else can change it needs only be renamed. */
const isOnDiskOf = (into: string): boolean => statSync(wayTo(into).own).dev === statSync(nearestThere(into)).dev

function isFree(into: string): boolean {
  try {
    using there = OpenedFolder.openIfThere(into)
    return there === undefined || there.names().length === 0
  } catch (error) {
    if (error instanceof WrongKind) return false
    throw error
  }
}

/**
 * A folder among the sites, where this host has any, would be a site itself, or a part of one that the web shows.
 * `real` is it, or the one that it is made in, without any link on the way.
 */
function refuseAmongSites({ vhosts }: Host, into: string, real: string): void {
  if (existsSync(vhosts) && isWithin(real, realpathSync(vhosts)))
    throw new BadInput(`--into ${into}: that is among the sites of this host (${vhosts}); wanted a folder elsewhere`)
}
