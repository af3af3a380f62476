import type { TakeoverRequest } from '../core/move-request.ts'
import type { Many } from '../engine/step.ts'
import { readRecord } from '../host/records.ts'
import { type Site, siteDeadline } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'
import type { Forked } from './step-down.ts'

/** Sites that were released and taken since: what this host does next is the same as after the handover itself. */
export const takenSites: Many<Needs<'host' | 'roles'>, Needs<'site'>> = {
  list: ({ host, roles }) =>
    [...roles.replicas, ...roles.others]
      .filter(({ name }) => readRecord(host, name).handover !== undefined)
      .map(site => ({ site })),
  nameOf: ({ site }) => site.name,
  deadline: siteDeadline,
}

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

/** Sites that wait to be proven this host's, and that the archive says are. */
export const proven: Many<Needs<'host' | 'roles'>, Needs<'site'>> = {
  list: ({ host, roles }) => roles.primaries.filter(({ name }) => readRecord(host, name).unproven).map(site => ({ site })),
  nameOf: ({ site }) => site.name,
}

/** No person was asked. */
const BY_NIGHT: TakeoverRequest = { takeover: { force: false, dead: undefined, anyway: false, yes: true } }

/** The sites that a night may have to take over. */
export const incoming: Many<Needs<'host' | 'roles'>, Needs<'site'> & TakeoverRequest> = {
  list: ({ roles }) => roles.others.filter(({ role }) => role.role === 'incoming').map(site => ({ site, ...BY_NIGHT })),
  nameOf: ({ site }) => site.name,
  deadline: siteDeadline,
}
