import { setTimeout } from 'node:timers/promises'
import { formatAge } from '../core/age.ts'
import type { HandoverRequest } from '../core/move-request.ts'
import { taskCommand } from '../core/task-command.ts'
import type { Condition, Many, Step } from '../engine/step.ts'
import { rememberEpoch, setLocalMarker } from '../host/local-owner.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { type HostContext, type SitePlace, siteDeadline } from '../host/site.ts'
import { setSiteMode } from '../site-mode/mode.ts'
import { siteArchiveOf } from '../store/archive.ts'
import { readEpoch } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { readHostCard } from '../store/host-cards.ts'
import { ShareFiles } from '../store/share-files.ts'
import type { HandoverNext } from './handover.ts'
import { archiveFiles, type Moving, readMove } from './move.ts'
import { mainSiteOf } from './site-mode.ts'

/** Applies where visitors are to be passed on as soon as the other host has taken the site. */
export const isToBeForwarded: Condition<HandoverNext & HandoverRequest, object> = ({ next, handover }) => {
  if (!['hand over', 'release', 'wait'].includes(next)) return `next: ${next}`
  return handover.forward ? {} : 'not asked for'
}

/** Seconds between two looks whether the other host has taken the site, and for which one waits. */
const EVERY = 2
const MOST = 1800

/** Waits until another host has taken the site that was let go; a night does the rest where that takes too long. */
export const awaitTakeover: Step<Needs<'host' | 'request' | 'archive' | 'site'> & Moving & HandoverRequest, Moving> = {
  name: 'await-takeover',
  title: ({ site }) => `Wait until ${site.name} is taken over`,
  run: async ({ host, request, archive, site, move, epoch, handover }, shell) => {
    if (request.dryRun) return { move, epoch }
    const siteArchive = siteArchiveOf(archive, site.name)
    const files = archiveFiles(siteArchive, shell)
    for (const end = performance.now() + MOST * 1000; performance.now() < end; ) {
      const now = await readEpoch(files)
      if ((now?.number ?? 0) > (epoch?.number ?? 0)) return await readMove(host, site, siteArchive, shell)
      shell.progress(`waiting for ${handover.to}, there: ${taskCommand(undefined, 'takeover', '--site', site.name)}`)
      await setTimeout(EVERY * 1000, undefined, { signal: shell.stop })
    }
    shell.note(
      'warning',
      `${handover.to} did not take it within ${formatAge(MOST * 1000)}: the first night after it does passes visitors on`,
    )
    return { move, epoch }
  },
}

/** Applies where another host has taken the site that this host let go. */
export const isTaken: Condition<Moving, { owner: string }> = ({ move }) =>
  move.kind === 'handed over' && move.owner !== undefined ? { owner: move.owner } : 'no other host has taken it'

/** Sites that were let go and taken since: what this host does next is the same as after the handover itself. */
export const takenSites: Many<Needs<'host' | 'roles'>, Needs<'site'>> = {
  list: ({ host, roles }) =>
    [...roles.replicas, ...roles.others]
      .filter(({ name }) => readRecord(host, name).handover !== undefined)
      .map(site => ({ site })),
  nameOf: ({ site }) => site.name,
  deadline: siteDeadline,
}

type Leaves = Needs<'host' | 'secrets' | 'request' | 'archive' | 'site'> & Moving & { owner: string }

/**
 * Makes a replica of the site that was let go: nobody wrote to it since, so that it is the backup with which it went.
 */
export const leaveSite: Step<Leaves, void> = {
  name: 'leave-site',
  title: ({ site, owner }) => `Make ${site.name} a replica of ${owner}'s`,
  run: async ({ host, secrets, request, archive, site, epoch, owner }, shell) => {
    const { handover } = readRecord(host, site.name)
    const from = epoch?.from === undefined ? undefined : Date.parse(epoch.from)
    if (handover?.set === undefined || from !== handover.set) {
      // it went on from an older backup: what is here is newer, and no replica of anything
      await shell.act('forget the handover', () => updateRecord(host, site.name, { handover: undefined }))
      return
    }
    await showNewOwner({ host, secrets, shell }, { archive, site, owner }, handover.forward === true)
    await shell.act(`mark ${site.folder} as ${owner}'s`, () => {
      setLocalMarker(site.folder, owner)
      if (epoch) rememberEpoch(host, site, epoch)
    })
    await shell.act('remember that it is the backup with which it went', () =>
      updateRecord(host, site.name, {
        restoredFrom: from,
        backedUpAs: undefined,
        handover: undefined,
        dnsAwaitedSince: undefined,
      }),
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
  if (isForwarded && archive.kind === 'folder' && archive.place !== undefined) {
    const [to] = (await readHostCard(new ShareFiles(archive.place, shell.quick), owner))?.addresses ?? []
    const why = to === undefined ? `${owner} has left no address in the archive` : await whyNotForwarded(context, site, to)
    if (why === undefined) return
    shell.note('warning', `visitors are not passed on to ${owner}: ${why}`)
  }
  await setSiteMode(context, site, { kind: 'copy', main: mainSiteOf(host, site) })
}

/** The new owner lets visitors write a moment after it has taken the site: so often it is asked. */
const TRIES = 20

async function whyNotForwarded(context: HostContext, site: SitePlace, address: string): Promise<string | undefined> {
  const to = `http://${address.includes(':') ? `[${address}]` : address}`
  for (let left = TRIES; ; left--) {
    const { guarded, why = 'nobody knows why' } = await setSiteMode(context, site, { kind: 'forward', to })
    if (guarded) return undefined
    if (left === 0) return why
    await setTimeout(EVERY * 1000, undefined, { signal: context.shell.stop })
  }
}
