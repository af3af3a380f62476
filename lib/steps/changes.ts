import { parseInterval } from '../core/age.ts'
import { planBackup, unchangedSince } from '../core/backup-plan.ts'
import { newestSet } from '../core/collection.ts'
import { chainsOwnSince } from '../core/epoch.ts'
import { printTime } from '../core/restore-point.ts'
import { withRecords } from '../core/set-record.ts'
import { listed } from '../core/wording.ts'
import { patternsOf } from '../duplicity/io/exclusions.ts'
import { isLeftOut } from '../duplicity/selection.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord } from '../host/records.ts'
import type { Site } from '../host/site.ts'
import type { SpecialFile } from '../host/special-files.ts'
import { siteReport } from '../site/report.ts'
import { type Listed, listTree } from '../site/tree.ts'
import { recheckArchive } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { recordSet } from '../store/set-records.ts'
import type { Checked } from './check-site.ts'

/** Since when nothing has changed; undefined where a set is to be made. */
type Unchanged = { readonly unchanged: number | undefined }

type ChangesNeeds = Needs<
  'host' | 'site' | 'siteArchive' | 'ownership' | 'collection' | 'limits' | 'freeSpace' | 'encryption' | 'databaseSaved'
> &
  Checked

/**
 * Compares the site's folder, the dump in it, and what the site answers with what they were at its newest set. Where
 * all of that is the same, no set is made: the newest one is then of tonight too, and that is written down beside it.
 * What of the folder a restore cannot bring back is told.
 */
export const lookForChanges: Step<ChangesNeeds, Listed & Unchanged> = {
  name: 'changes',
  title: 'Look for changes',
  run: async (facts, shell) => {
    const { host, site, siteArchive, collection, limits, freeSpace, encryption, ownership, answer } = facts
    const newest = newestSet(collection)
    const tree = await listTree(host, site, newest?.time, shell)
    for (const text of specialText(tree?.special ?? [], site)) shell.note('warning', text)
    const overlooked = tree?.change?.overlooked ?? []
    if (overlooked.length > 0)
      shell.note('warning', `changed, though neither time nor mode tell it; backed up all the same: ${listed(overlooked)}`)
    const isPart = (readRecord(host, site.name).torn ?? []).length > 0
    if (siteArchive.folder === undefined || isPart) return { tree, unchanged: undefined }
    const { frequencySeconds } = limits
    const now = shell.now()
    const plan = planBackup({
      collection,
      frequencySeconds,
      now,
      fullBackups: freeSpace.fullBackups,
      encryptedSince: encryption.since,
      ownSince: chainsOwnSince(ownership.epoch),
    })
    const everySeconds = parseInterval(host.setAtLeastEvery)
    const isDumped = facts.databaseSaved || site.local?.wpConfig === undefined
    const unchanged = unchangedSince({ collection, plan, change: tree?.change, answer, isDumped, now, everySeconds })
    if (unchanged !== undefined) {
      const only = { present: collection, owner: host }
      const isRecorded = await recordSet(siteArchive, unchanged, { unchangedUntil: now }, shell, only)
      // a share that went away has no such set any more
      if (!isRecorded) await recheckArchive(siteArchive, shell)
      const known = withRecords(collection, [{ time: unchanged, unchangedUntil: now }])
      shell.report({ ...siteReport({ ...facts, collection: known }, now), unchangedSince: unchanged })
    }
    return { tree, unchanged }
  },
}

/** What of a folder a restore cannot bring back as it is. */
function specialText(files: readonly SpecialFile[], site: Site): string[] {
  const patterns = patternsOf(site)
  const of = (kinds: readonly SpecialFile['kind'][]): string[] =>
    files
      .filter(({ kind, path }) => kinds.includes(kind) && !isLeftOut(patterns, `${site.folder}/${path}`, false))
      .map(({ path }) => path || 'its folder itself')
      .toSorted()
  const [special, locked] = [of(['device', 'socket']), of(['unchangeable'])]
  return [
    ...(special.length > 0 ? [`devices and sockets are not restored: ${listed(special)}`] : []),
    ...(locked.length > 0 ? [`what nobody may change (chattr +i or +a) can be changed after a restore: ${listed(locked)}`] : []),
  ]
}

/** Applies where there is something to back up. */
export const hasChanged: Condition<Unchanged, object> = ({ unchanged }) =>
  unchanged === undefined ? {} : `unchanged since the backup of ${printTime(unchanged)}`
