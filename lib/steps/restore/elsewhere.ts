import { existsSync, realpathSync } from 'node:fs'
import { join, relative } from 'node:path'
import { BadInput } from '../../core/bad-input.ts'
import { printTime, type RestorePoint } from '../../core/restore-point.ts'
import { isWithin } from '../../core/within.ts'
import type { Step } from '../../engine/step.ts'
import { nearestThere } from '../../host/disk.ts'
import { WrongKind } from '../../host/opened-file.ts'
import { OpenedFolder } from '../../host/opened-folder.ts'
import type { Host } from '../../inventory/schema.ts'
import type { Needs } from '../facts.ts'
import { fetchTree } from './fetch.ts'
import { partsOf, type Scope, whatOf } from './scope.ts'

type Elsewhere = Needs<'host' | 'secrets' | 'request' | 'site' | 'siteArchive' | 'collection'> & {
  point: RestorePoint
  scope: Scope
  into: string
}

/** Refuses a folder that nothing can be restored into, before anything else is said about the restore. */
export const checkElsewhere: Step<Pick<Elsewhere, 'host' | 'into'>, void> = {
  name: 'place',
  title: ({ into }) => `Look whether ${into} can take it`,
  run: async ({ host, into }) => {
    const there = nearestThere(into)
    refuseAmongSites(host, into, join(realpathSync(there), relative(there, into)))
    if (!isFree(into)) throw new BadInput(`--into ${into}: wanted a folder that is empty or not there yet`)
  },
}

/** Restores into a folder of the person's choice, after {@link checkElsewhere}, and touches nothing live. The database is there as its dump. */
export const restoreFilesElsewhere: Step<Elsewhere, void> = {
  name: 'restore-elsewhere',
  title: ({ into }) => `Restore into ${into}`,
  run: async ({ host, secrets, request, site, siteArchive, collection, point, scope, into }, shell) => {
    // whoever owns a folder on the way there may have exchanged it since it was looked at
    const refuse = (around: string): void => refuseAmongSites(host, into, around)
    const common = { host, secrets, site: site.name, archive: siteArchive, collection, point, refuse }
    const parts = partsOf(scope)
    for (const path of parts ?? [undefined]) {
      await fetchTree(
        { ...common, into: path === undefined ? into : join(into, path), ...(path === undefined ? {} : { path }) },
        shell,
      )
    }
    const what = scope.files && scope.database ? site.name : `${whatOf(scope)} of ${site.name}`
    if (!request.dryRun) shell.note('significant', `${what} as of ${printTime(point.time)}: restored into ${into}`)
  },
}

function isFree(into: string): boolean {
  try {
    using there = OpenedFolder.openIfThere(into)
    return there === undefined || there.names().length === 0
  } catch (error) {
    if (error instanceof WrongKind) return false
    throw error
  }
}

/** A folder among the sites, where this host has any, would be a site itself, or a part of one that the web shows. `real` is it, or the one that it is made in, without any link on the way. */
function refuseAmongSites({ vhosts }: Host, into: string, real: string): void {
  if (existsSync(vhosts) && isWithin(real, realpathSync(vhosts)))
    throw new BadInput(`--into ${into}: that is among the sites of this host (${vhosts}); wanted a folder elsewhere`)
}
