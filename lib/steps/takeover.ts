import { nextEpoch } from '../core/epoch.ts'
import { nextOfTakeover } from '../core/move.ts'
import type { TakeoverRequest } from '../core/move-request.ts'
import type { SiteAnswer } from '../core/page.ts'
import { blameText, printTime, type RestorePoint, restorePoints } from '../core/restore-point.ts'
import type { Condition, Step } from '../engine/step.ts'
import { httpCheck } from '../host/http-check.ts'
import { readRecord } from '../host/records.ts'
import type { Site } from '../host/site.ts'
import { hasKeptProposal } from '../restore/approvals.ts'
import { type Scope, WHOLE } from '../restore/recovery.ts'
import { takeEpoch } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { archiveFiles, decided, type Moving } from './move.ts'
import type { Followed } from './replica.ts'
import type { Insisting } from './restore.ts'

/** What a takeover does next. */
export type TakeoverNext = { readonly next: ReturnType<typeof nextOf> | 'nothing' }

const nextOf = (...args: Parameters<typeof nextOfTakeover>) => decided(nextOfTakeover(...args))

/** Decides what to do, from how far an earlier run came. @throws {BadInput} when this host cannot take it over */
export const decideTakeover: Step<Needs<'host' | 'site' | 'request'> & Moving & TakeoverRequest, TakeoverNext> = {
  name: 'decide-takeover',
  title: ({ site }) => `Decide how to take ${site.name} over`,
  run: async ({ host, site, request, move, takeover }) => ({
    next: nextOf(move, { site: site.name, me: host.name, command: request.command, force: takeover.force }),
  }),
}

/** Decides the same in a night: a site whose folder is lost, or that a person has to settle, is left alone. */
export const decideByNight: Step<Needs<'site'> & Moving, TakeoverNext> = {
  name: 'decide-by-night',
  title: ({ site }) => `Decide whether ${site.name} is taken over`,
  run: async ({ site, move, epoch }) => {
    if (move.kind === 'incoming') return { next: 'take over' }
    const wasTaken = epoch !== undefined && ['handover', 'takeover', 'cancel'].includes(epoch.by)
    return { next: move.kind === 'owner' && site.local && wasTaken ? 'finish' : 'nothing' }
  },
}

/** A site that is to be taken over, as a replica: until it is claimed, what is restored is the other host's. */
export type Taken = Needs<'site'> & { readonly from: string | undefined; readonly isForced: boolean }

const asReplica = (site: Site, owner: string | undefined): Site => ({
  ...site,
  role: { ...site.role, role: site.local ? 'replica' : 'new replica', owner },
})

/** Applies to a site that was handed over to this host. */
export const isIncoming: Condition<TakeoverNext & Moving & Needs<'site'>, Taken> = ({ next, move, site }) =>
  next === 'take over' && move.kind === 'incoming'
    ? { site: asReplica(site, move.from), from: move.from, isForced: false }
    : `next: ${next}`

/** Applies to one whose owner is dead, as a person says. */
export const isTakenByForce: Condition<TakeoverNext & Moving & Needs<'site'>, Taken> = ({ next, move, site }) => {
  if (next !== 'take by force') return `next: ${next}`
  const from = 'owner' in move ? move.owner : undefined
  return { site: asReplica(site, from), from, isForced: true }
}

/** The backup that a takeover puts in place. */
export type Chosen = { readonly point: RestorePoint; readonly scope: Scope } & Insisting & Followed

/** @param now ms since the epoch */
export const chosen = (point: RestorePoint, { anyway }: TakeoverRequest['takeover'], now: number): Chosen => {
  const insists = anyway || point.set.answer?.works === false
  // the owner knows that it hands over what it has, and of a dead one's sets there is no other
  const facts = { points: [point], records: [], restoredFrom: undefined, contents: undefined, heldSince: undefined }
  return { point, scope: WHOLE, insists, followed: { point, facts: { ...facts, now, acceptAfter: 0, isAccepted: true } } }
}

/** The set that the owner let the site go with. @throws when it cannot be restored */
export const chooseReleasedSet: Step<Needs<'collection'> & Moving & TakeoverRequest, Chosen> = {
  name: 'choose-released-set',
  title: 'Choose the backup that was handed over',
  run: async ({ collection, move, takeover }, shell) => {
    const points = restorePoints(collection)
    const set = (move.kind === 'incoming' ? move.set : undefined) ?? points.at(-1)?.time ?? Number.NaN
    const point = points.find(({ time }) => time === set)
    if (!point) throw new Error(`the backup of ${printTime(set)}, which was handed over, is not in the archive`)
    if (point.problems.length > 0)
      throw new Error(`the backup of ${printTime(set)}, which was handed over, cannot be restored: ${point.problems.join('; ')}`)
    return chosen(point, takeover, shell.now())
  },
}

/** Applies where this host's replica is not of that set yet. */
export const isOlderHere: Condition<Needs<'host' | 'site'> & { point: RestorePoint }, object> = ({ host, site, point }) =>
  site.local && readRecord(host, site.name).restoredFrom === point.time
    ? `the backup of ${printTime(point.time)} is here already`
    : {}

/** What the site answered on this host before it was claimed; undefined where nobody knows how to ask it. */
export type Asked = { readonly asked: SiteAnswer | undefined }

/** Asks the restored site on this host before it is claimed. @throws when it does not work as it did on its owner */
export const askBeforeClaim: Step<Needs<'host' | 'request' | 'site'> & { point: RestorePoint } & Insisting, Asked> = {
  name: 'ask-before-claim',
  title: ({ site }) => `Ask ${site.name} on this host`,
  run: async ({ host, request, site, point, insists }, shell) => {
    let asked: SiteAnswer | undefined
    await shell.act('ask the site over HTTP', async () => {
      asked = await httpCheck(host, site, shell.stop)
    })
    const said = asked?.said ?? 'nobody knows how to ask it: no domain or `check` configured'
    if (asked && !asked.works && !insists) {
      const waits = hasKeptProposal(host, site.name)
        ? `. Its web server configuration waits for approval: ${request.command('approve', '--site', site.name)}`
        : ''
      const anyway = request.command('takeover', '--site', site.name, '--anyway')
      throw new Error(
        `it is not claimed: it answers ${said} on ${host.name}${blameText(point)}${waits}. To claim it all the same: ${anyway}`,
      )
    }
    shell.note(asked?.works === false ? 'warning' : 'info', said)
    return { asked }
  },
}

type Claims = Needs<'host' | 'siteArchive' | 'request'> & Moving & Taken & Pick<Chosen, 'point'> & Asked

/**
 * Takes the next epoch. Of the hosts that try, the former owner that takes it back among them, one gets it. @throws
 * when that is another
 */
export const claimSite: Step<Claims, { claimed: true }> = {
  name: 'take-epoch',
  title: ({ host, site }) => `Make ${host.name} the owner of ${site.name}`,
  run: async ({ host, site, siteArchive, request, epoch, from, isForced, point }, shell) => {
    const by = isForced ? 'takeover' : 'handover'
    const next = nextEpoch(epoch, { owner: host.name, by, now: shell.now(), from: point.time, ...(from && { marker: from }) })
    const taken = await takeEpoch(archiveFiles(siteArchive, shell), next)
    if (!taken.taken && taken.epoch.owner !== host.name)
      throw new Error(`${taken.epoch.owner} was first, and owns ${site.name} now: it stays a replica here`)
    if (!request.dryRun) {
      shell.note('significant', `${host.name} took ${site.name} over from ${from ?? 'nobody'}, as of ${printTime(point.time)}`)
      const moved = `taken over from ${from ?? 'nobody'}`
      shell.tell({ site: site.name, role: 'primary', owner: host.name, reason: `${host.name} owns it`, moved })
    }
    return { claimed: true }
  },
}

/** Applies where this host owns the site: whatever an earlier run left of that is done. */
export const isOwnedHere: Condition<TakeoverNext, { claimed: true }> = ({ next }) =>
  next === 'finish' ? { claimed: true } : `next: ${next}`
