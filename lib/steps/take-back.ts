import { nextEpoch } from '../core/epoch.ts'
import { printTime } from '../core/restore-point.ts'
import type { Step } from '../engine/step.ts'
import { siteArchiveOf } from '../store/archive.ts'
import { takeEpoch } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import type { HandoverNext } from './handover.ts'
import { thaw } from './handover.ts'
import { archiveFiles, type Moving } from './move.ts'

type TakesBack = Needs<'host' | 'secrets' | 'site' | 'archive'> & Moving & HandoverNext

/**
 * Takes a site back that was let go, or may have been: this host takes the next epoch, which the other would have to
 * take too, and one of them gets it. @throws when the other was first
 */
export const takeBack: Step<TakesBack, void> = {
  name: 'take-back',
  title: ({ site }) => `Take ${site.name} back`,
  run: async ({ host, secrets, site, archive, epoch, next }, shell) => {
    if (next === 'take back') {
      const files = archiveFiles(siteArchiveOf(archive, site.name), shell)
      const taken = await takeEpoch(
        files,
        nextEpoch(epoch, { owner: host.name, by: 'cancel', now: shell.now(), marker: host.name }),
      )
      if (!taken.taken && taken.epoch.owner !== host.name)
        throw new Error(
          `${taken.epoch.owner} took ${site.name} over at ${printTime(Date.parse(taken.epoch.since))}: it stays frozen here`,
        )
      shell.note('significant', `${site.name} is ${host.name}'s again`)
    }
    await thaw({ host, secrets, site }, shell)
  },
}
