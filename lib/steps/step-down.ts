import type { Many, Step } from '../engine/step.ts'
import { rememberEpoch, setLocalMarker } from '../host/local-owner.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { type Site, siteDeadline } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import type { Needs } from '../store/facts.ts'
import type { Forked } from './late-writes.ts'
import { mainSiteOf } from './site-mode.ts'

/** The sites of this host that others took over meanwhile, and from which set. */
export const takenOver: Many<Needs<'host' | 'roles'>, Needs<'site'> & Forked> = {
  list: ({ host, roles }) =>
    roles.others.flatMap(site => {
      const { role, epoch } = site
      if (role.role !== 'taken over' || !epoch || isKnown(host, site)) return []
      return [{ site, fork: { since: Date.parse(epoch.from ?? epoch.since), by: epoch.owner } }]
    }),
  nameOf: ({ site }) => site.name,
  deadline: siteDeadline,
}

/** It is a replica already since the look at its role: this host had let it go. */
const isKnown = (host: Host, { name, epoch }: Site): boolean => readRecord(host, name).epoch?.number === epoch?.number

type StepsDown = Needs<'host' | 'secrets' | 'site'>

/**
 * Nobody writes to the site any more, and nobody takes it for the owner's: visitors get "try again soon", unless they
 * are sent on to the new owner already.
 */
export const freezeLost: Step<StepsDown, void> = {
  name: 'freeze-lost',
  title: ({ site }) => `Freeze ${site.name}`,
  run: async ({ host, secrets, site }, shell) => {
    if (readSiteMode({ host }, site).kind === 'forward') return
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'frozen' })
    if (!guarded)
      shell.note('problem', `${site.name} is not this host's any more, and cannot be frozen here: ${why ?? 'nobody knows why'}`)
  },
}

/**
 * Makes a site that another host took over a replica here, which visitors can read. What is in its folder stays as it
 * is; the next replay keeps it as a safety copy.
 */
export const stepDown: Step<StepsDown, void> = {
  name: 'step-down',
  title: ({ site }) => `Make ${site.name} a replica`,
  run: async ({ host, secrets, site }, shell) => {
    const { epoch } = site
    if (!epoch) throw new Error(`${site.name} has no epoch in its archive: nobody took it over`)
    await shell.act(`mark ${site.name} as ${epoch.owner}'s`, () => {
      setLocalMarker(site.folder, epoch.owner)
      rememberEpoch(host, site, epoch)
      updateRecord(host, site.name, { backedUpAs: undefined, unproven: undefined })
    })
    if (readSiteMode({ host }, site).kind === 'frozen')
      await setSiteMode({ host, secrets, shell }, site, { kind: 'copy', main: mainSiteOf(host, site) })
    shell.note('problem', steppedDown(site, host.keepPrevious))
    shell.tell({ site: site.name, role: 'replica', owner: epoch.owner, reason: `${epoch.owner} owns it` })
  },
}

const steppedDown = ({ role }: Site, days: number): string =>
  `${role.reason}. The site is a replica here from now on; what is in its folder is kept for ${days} days after the next replay`
