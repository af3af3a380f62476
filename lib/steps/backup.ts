import { formatAge } from '../core/age.ts'
import { planBackup } from '../core/backup-plan.ts'
import { newestSet } from '../core/collection.ts'
import { diskTrouble } from '../core/disk-trouble.ts'
import { expectedBytes } from '../core/progress.ts'
import { formatBytes } from '../core/size.ts'
import { backupWords } from '../duplicity/args.ts'
import { isOfThisHost } from '../duplicity/errors.ts'
import type { Step } from '../engine/step.ts'
import { rememberOrTell } from '../host/state.ts'
import { claimArchive } from '../store/claim.ts'
import { recordSet } from '../store/set-records.ts'
import { filesOfSite } from '../store/share-files.ts'
import { proveAgain } from './check-mount.ts'
import { readCollection } from './collection.ts'
import { duplicityShell, targetOf } from './duplicity.ts'
import type { Needs } from './facts.ts'
import { assertRoom } from './free-space.ts'
import { withVolumeProgress } from './progress.ts'
import { readRecord, updateRecord } from './site-record.ts'
import { siteTelling } from './site-telling.ts'
import { treeSizeOf } from './tree-size.ts'

type BackupNeeds = Needs<
  'host' | 'secrets' | 'archive' | 'writer' | 'site' | 'siteArchive' | 'collection' | 'limits' | 'freeSpace'
>

/** Appends one set to the site's archive (S13): all of the site's folder, less the exclusions. The one duplicity call of a site's night. */
export const backup: Step<BackupNeeds, void> = {
  name: 'backup',
  title: ({ site }) => `Back up ${site.name}`,
  run: async (facts, shell) => {
    const { host, secrets, site, siteArchive, collection, limits, freeSpace } = facts
    const { frequencySeconds } = limits
    const plan = planBackup({ collection, frequencySeconds, now: shell.now(), fullBackups: freeSpace.fullBackups })
    if (plan.kind === 'none') throw new Error(plan.reason)
    shell.note(plan.kind === 'full' ? 'significant' : 'info', `${plan.kind} backup: ${plan.reason}`)
    await proveAgain(siteArchive, shell)
    if (!site.isDesktop) await claimArchive(filesOfSite(siteArchive, shell.quick), host.name)
    const before = newestSet(collection)
    const target = targetOf(host, site.name, siteArchive, 'backup')
    const words = backupWords({
      ...target,
      kind: plan.kind,
      source: site.folder,
      volumeSize: host.duplicity.volumeSize,
      exclude: site.settings.exclude,
      excludeFrom: site.settings.excludeFrom,
      otherHost: before !== undefined && readRecord(host, site.name).backedUpTo !== before.time,
    })
    await withVolumeProgress(
      siteArchive.folder,
      expectedBytes(collection, plan.kind),
      shell,
      () => duplicityShell(shell, host, secrets, target).act`${words}`,
    ).catch(async error => {
      if (shell.stop.aborted || isOfThisHost(error) || diskTrouble(error) !== undefined) throw error
      await proveAgain(siteArchive, shell) // that a share went away says more than that its files did
      await assertRoom(siteArchive.folder, host.duplicity.volumeSize, error, shell)
      throw error
    })
    await shell.act('look for the new set and remember it', async () => {
      const after = await readCollection({ host, secrets, site, siteArchive }, shell)
      const made = newestSet(after)
      if (!made || made.time === before?.time)
        throw new Error('duplicity said that it was done, but there is no new set in the archive')
      if (!made.restorable) throw new Error(`the new set is not whole: ${made.problems.join('; ')}`)
      const record = { backedUpTo: made.time, backedUpAs: host.name }
      rememberOrTell(shell, 'the backup is made, but this host cannot remember it', () => updateRecord(host, site.name, record))
      shell.tell({ ...siteTelling({ ...facts, collection: after }, shell.now()), backedUp: made.kind })
      // after that is told: a stop while it waits for the share takes nothing from the backup
      const known = { host: host.name, ...(await treeSizeOf(site, target.logFile, shell)) }
      await recordSet(siteArchive, made.time, known, shell, after)
      shell.note(
        'info',
        `${made.kind} set of ${formatBytes(made.bytes)}${before ? `, ${formatAge(made.time - before.time)} after the last` : ''}`,
      )
    })
  },
}
