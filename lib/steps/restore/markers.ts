import { chownSync, closeSync, constants, copyFileSync, lstatSync, openSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { claimsIn, markerOf } from '../../core/marker.ts'
import type { Step } from '../../engine/step.ts'
import { COMPANION } from '../companion.ts'
import type { Needs } from '../facts.ts'
import type { Scope } from './scope.ts'
import type { Restoring } from './transaction.ts'

/** Settings of a site that are of today, whatever day it is brought back to. */
const OF_TODAY = ['max_NAS_space', 'full_backup_freq']

/** Whether a path of a set may not be brought back to a live site by itself: it says whose the site is, how it is backed up, or is Holdfast's own. */
export function isOfToday(path: string): boolean {
  const [top = ''] = path.split('/')
  return [...OF_TODAY, COMPANION].includes(top) || claimsIn([top]).length > 0
}

/**
 * Makes the restored tree say what is true now: its marker names today's owner, whoever that was when the set was made; and on the primary
 * the allowance and frequency of the live site stay in force.
 */
export const settleMarkers: Step<Needs<'host' | 'site'> & { restoring: Restoring; scope: Scope }, void> = {
  name: 'markers',
  title: 'Settle the marker',
  run: async ({ host, site, restoring, scope }, shell) => {
    if (!scope.files) return
    const owner = site.role.owner ?? host.name
    await shell.act(`write ${markerOf(owner)} into the restored tree, and no other marker`, () => {
      const names = readdirSync(restoring.tree)
      using _ = timesKept(restoring.tree)
      for (const claim of claimsIn(names).filter(name => name !== owner))
        rmSync(join(restoring.tree, markerOf(claim)), { recursive: true })
      if (!names.includes(markerOf(owner))) closeSync(openSync(join(restoring.tree, markerOf(owner)), 'wx', 0o644))
    })
    if (owner === host.name && site.local) {
      await shell.act(`take ${OF_TODAY.join(' and ')} from the live site`, () => {
        using _ = timesKept(restoring.tree)
        for (const name of OF_TODAY) takeOver(site.folder, restoring.tree, name)
      })
    }
  },
}

/** The folder's own times are those of the set, whatever is written into it here. */
function timesKept(folder: string): Disposable {
  const { atime, mtime } = lstatSync(folder)
  return { [Symbol.dispose]: () => utimesSync(folder, atime, mtime) }
}

function takeOver(live: string, tree: string, name: string): void {
  rmSync(join(tree, name), { recursive: true, force: true })
  const stat = lstatSync(join(live, name), { throwIfNoEntry: false })
  if (!stat?.isFile()) return
  copyFileSync(join(live, name), join(tree, name), constants.COPYFILE_EXCL)
  chownSync(join(tree, name), stat.uid, stat.gid)
  utimesSync(join(tree, name), stat.atime, stat.mtime)
}
