import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { printTime, restorePoints } from '../core/restore-point.ts'
import { counted, formatBytes, messageOf } from '../core/wording.ts'
import { fetchTree } from '../duplicity/io/fetch.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { COMPANION } from '../host/companion.ts'
import { markOwner } from '../host/local-owner.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { makeScratch } from '../host/scratch.ts'
import type { HostContext, SitePlace } from '../host/site.ts'
import { collectLateWrites } from '../restore/late-writes.ts'
import { copyMode, readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { cardFolder, readHostCard } from '../store/host-cards.ts'
import { forgetHandover, type Moving } from './move.ts'

export const isTaken: Condition<Moving, { owner: string }> = ({ move }) =>
  move.kind === 'handed over' && move.owner !== undefined ? { owner: move.owner } : 'no other host has taken it'

/** What only the owner of a site remembers of it. */
const NOTHING_OF_OWNER = { backedUpAs: undefined, handover: undefined, dnsAwaitedSince: undefined, unproven: undefined } as const

type Leaves = Needs<'host' | 'secrets' | 'request' | 'archive' | 'site'> & Moving & { owner: string }

/** Nobody wrote to the site since it was released, so that it is a replica of the backup with which it went. */
export const leaveSite: Step<Leaves, void> = {
  name: 'leave-site',
  title: ({ site, owner }) => `Make ${site.name} a replica of ${owner}'s`,
  run: async ({ host, secrets, request, archive, site, epoch, owner }, shell) => {
    const { handover } = readRecord(host, site.name)
    const from = epoch?.from === undefined ? undefined : Date.parse(epoch.from)
    // it went on from an older backup: what is here is newer, and no replica of anything
    if (handover?.set === undefined || from !== handover.set) return await forgetHandover({ host, site }, shell)
    await showNewOwner({ host, secrets, shell }, { archive, site, owner }, handover.forward === true)
    await shell.act(`mark ${site.folder} as ${owner}'s`, () => markOwner(host, site, owner, epoch))
    await shell.act('remember that it is the backup with which it went', () =>
      updateRecord(host, site.name, { restoredFrom: from, ...NOTHING_OF_OWNER }),
    )
    if (!request.dryRun) shell.note('significant', `${site.name} is ${owner}'s now, and a replica here`)
  },
}

/** Passes visitors on to the new owner where that was asked for, and can be done; else the site is a read-only copy. */
async function showNewOwner(
  context: HostContext,
  { archive, site, owner }: Pick<Leaves, 'archive' | 'site' | 'owner'>,
  isForwarded: boolean,
): Promise<void> {
  const { host, shell } = context
  const cards = isForwarded && cardFolder(archive, shell)
  if (cards) {
    const [to] = (await readHostCard(cards, owner))?.addresses ?? []
    const why = to === undefined ? `${owner} has left no address in the archive` : await whyNotForwarded(context, site, to)
    if (why === undefined) return
    shell.note('warning', `visitors are not forwarded to ${owner}: ${why}`)
  }
  await setSiteMode(context, site, copyMode(host, site))
}

/** The new owner lets visitors write a moment after it has taken the site: how often it is asked, ms between. */
const [TRIES, PAUSE] = [20, 2000]

async function whyNotForwarded(context: HostContext, site: SitePlace, address: string): Promise<string | undefined> {
  const to = `http://${address.includes(':') ? `[${address}]` : address}`
  for (let left = TRIES; ; left--) {
    const { guarded, why = 'no reason is known' } = await setSiteMode(context, site, { kind: 'forward', to })
    if (guarded) return undefined
    if (left === 0) return why
    await setTimeout(PAUSE, undefined, { signal: context.shell.stop })
  }
}

type StepsDown = Needs<'host' | 'secrets' | 'site'>

/** Visitors of a site that is another host's by now get "try again soon", unless they are forwarded already. */
export const freezeLost: Step<StepsDown, void> = {
  name: 'freeze-lost',
  title: ({ site }) => `Freeze ${site.name}`,
  run: async ({ host, secrets, site }, shell) => {
    if (readSiteMode({ host }, site).kind === 'forward') return
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'frozen' })
    if (!guarded)
      shell.note('problem', `${site.name} is not this host's any more, and cannot be frozen here: ${why ?? 'no reason is known'}`)
  },
}

export interface Forked {
  /** The set that they took it from (ms since the epoch), and who did. */
  readonly fork: { readonly since: number; readonly by: string }
}

type Keeps = LookNeeds & Needs<'collection'> & Forked

/** Keeps what was written here after others took the site over: it is in no backup, and a person has to merge it. */
export const keepLateWrites: Step<Keeps, void> = {
  name: 'late-writes',
  title: ({ site, fork }) => `Check for writes to ${site.name} after ${fork.by} took it over`,
  run: async (facts, shell) => {
    const { host, secrets, site, fork } = facts
    if (!site.local) return
    await shell.act(`keep what was written in ${site.name} after ${fork.by} took it over`, async () => {
      await using scratch = makeScratch(host)
      const tree = await dumpsOf(facts, scratch.path, shell)
      const { text, path, bytes, left } = await collectLateWrites({ host, secrets, shell }, site, { ...fork, tree })
      const when = `after ${fork.by} took it over from the backup of ${printTime(fork.since)}`
      if (text === '') shell.note('info', `nothing was found that was written here ${when}`)
      else {
        const kept = `kept in ${path} (${formatBytes(bytes)}) for ${counted(host.keepChanges.days, 'day')}, to be merged by a person`
        shell.note('problem', `written here ${when}, and in no backup: ${text}; ${kept}`)
      }
      for (const each of left) shell.note('problem', `what was written here ${when} is not known in all: ${each}`)
    })
  },
}

/** A folder with the dumps of the set that others took, as it is in the archive; else those that this host has. */
async function dumpsOf(facts: Keeps, scratch: string, shell: Shell): Promise<string> {
  const { host, secrets, site, siteArchive, collection, fork } = facts
  const point = restorePoints(collection).find(({ time }) => time === fork.since)
  try {
    if (!point) throw new Error('it is not in the archive any more')
    const common = { host, secrets, site: site.name, archive: siteArchive, collection, point }
    await fetchTree({ ...common, path: COMPANION, into: join(scratch, 'taken', COMPANION) }, shell)
    return join(scratch, 'taken')
  } catch (error) {
    if (shell.stop.aborted) throw error
    const instead = 'compared with the dump that this host made last'
    shell.note('warning', `the dump of the backup of ${printTime(fork.since)} cannot be read: ${messageOf(error)}; ${instead}`)
    return site.folder
  }
}

/** Makes it a replica, which visitors can read. What is in its folder is kept by the next replay as a safety copy. */
export const stepDown: Step<StepsDown, void> = {
  name: 'step-down',
  title: ({ site }) => `Make ${site.name} a replica`,
  run: async ({ host, secrets, site }, shell) => {
    const { epoch } = site
    if (!epoch) throw new Error(`${site.name} has no epoch in its archive: nobody took it over`)
    await shell.act(`mark ${site.name} as ${epoch.owner}'s`, () => {
      markOwner(host, site, epoch.owner, epoch)
      updateRecord(host, site.name, NOTHING_OF_OWNER)
    })
    if (readSiteMode({ host }, site).kind === 'frozen') await setSiteMode({ host, secrets, shell }, site, copyMode(host, site))
    const kept = `what is in its folder is kept for ${counted(host.keepPrevious, 'day')} after the next replay`
    shell.note('problem', `${site.role.reason}. The site is a replica here from now on; ${kept}`)
    shell.report({ site: site.name, role: 'replica', owner: epoch.owner, reason: `${epoch.owner} owns it` })
  },
}
