import { newestSet } from '../core/collection.ts'
import { goesOnFrom, olderThanArchive } from '../core/epoch.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { rememberEpoch } from '../host/local-owner.ts'
import { readRecord } from '../host/records.ts'
import { rememberOrTell } from '../host/state.ts'
import { claimArchive } from '../store/claim.ts'
import { type Ownership, refuseOther } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { readSetRecords } from '../store/set-records.ts'
import { filesOfSite } from '../store/share-files.ts'

type Owns = Needs<'host' | 'request' | 'site' | 'siteArchive' | 'collection'>

/**
 * Makes sure that a site is this host's to change in its archive, and that the folder here goes on from what the
 * archive holds. A desktop has neither markers nor epochs, nor has a URL.
 * @throws when it is another's, or the newest set is another host's work that is not in the folder here
 */
export const checkOwnership: Step<Owns, Needs<'ownership'>> = {
  name: 'ownership',
  title: ({ site }) => `Check that ${site.name} is this host's`,
  run: async (facts, shell) => {
    const { host, site, siteArchive } = facts
    if (siteArchive.folder === undefined || site.isDesktop) return { ownership: { epoch: undefined } as Ownership }
    const files = filesOfSite(siteArchive, shell.quick)!
    const ownership = refuseOther(files, await files.lastClaims(), host)
    await refuseOlder(facts, shell)
    return { ownership: ownership as Ownership }
  },
}

/**
 * Claims an archive that nobody has yet, right before the first set: until then no other host is to look for one. Where
 * it is this host's already, its marker, and what this host knows of the epoch, follow the archive's epoch.
 */
export const claimSite: Step<Needs<'host' | 'site' | 'siteArchive' | 'ownership'>, Needs<'ownership'>> = {
  name: 'claim',
  title: ({ site }) => `Claim the archive of ${site.name}`,
  run: async ({ host, site, siteArchive, ownership }, shell) => {
    const files = filesOfSite(siteArchive, shell.quick)
    if (files === undefined || site.isDesktop) return { ownership }
    const above = readRecord(host, site.name).epoch?.number
    const claim = { me: host.name, now: shell.now(), above }
    const epoch = ownership.isClaimed ? ownership.epoch : await claimArchive(files, claim)
    if (epoch)
      await shell.act('remember the epoch of the site, here and in its folder', () =>
        rememberOrTell(shell, 'the epoch of the site is known to its archive alone', () => rememberEpoch(host, site, epoch)),
      )
    return { ownership: { epoch } as Ownership }
  },
}

async function refuseOlder({ host, request, site, siteArchive, collection }: Owns, shell: Shell): Promise<void> {
  const newest = newestSet(collection)
  if (newest === undefined) return
  const { backedUpTo, backedUpAs, restoredFrom } = readRecord(host, site.name)
  if (goesOnFrom(newest.time, { backedUpTo, restoredFrom })) return
  const madeBy = (await readSetRecords(siteArchive, shell)).find(({ time }) => time === newest.time)?.host
  const { epoch } = site
  const found = { time: newest.time, madeBy }
  const older = olderThanArchive({ newest: found, backedUpTo, backedUpAs, restoredFrom, epoch }, host.name)
  if (older === undefined) return
  const bring = request.command('recover', '--site', site.name)
  const keep = request.command('resolve', '--site', site.name, '--keep', host.name)
  throw new Error(
    `${older}. Nothing is backed up, so that the newer work stays the newest. To bring it here: ${bring}; to go on from the folder as it is: ${keep}`,
  )
}
