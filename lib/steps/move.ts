import { BadInput } from '../core/bad-input.ts'
import type { Epoch } from '../core/epoch.ts'
import type { RoleName } from '../core/marker.ts'
import { type Move, moveOf, type Next } from '../core/move.ts'
import type { TakeoverRequest } from '../core/move-request.ts'
import type { Shell } from '../engine/shell.ts'
import type { Many, Step } from '../engine/step.ts'
import { readRecord } from '../host/records.ts'
import { type Site, siteDeadline } from '../host/site.ts'
import type { SiteArchive } from '../store/archive.ts'
import { siteArchiveOf } from '../store/archive.ts'
import { readEpoch, readRelease } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { filesOfSite, type ShareFiles } from '../store/share-files.ts'

/** Whose a site is in the archive, and how far a move of it is. */
export interface Moving {
  readonly move: Move
  /** Undefined as long as no host has taken one: the markers alone say whose it is. */
  readonly epoch: Epoch | undefined
}

/** What nobody can move before a person has settled it. */
const UNSETTLED: readonly RoleName[] = ['conflict', 'ambiguous', 'unmanaged', 'unfinished']

/** The one site that a move is for. @throws {BadInput} when nobody can say whose it is */
export const chooseMovingSite: Step<Needs<'host' | 'roles' | 'request' | 'archive'>, Needs<'site'>> = {
  name: 'choose-moving-site',
  title: 'Check that the site can be moved',
  run: async ({ host, roles, request, archive }) => {
    const [name = ''] = request.only
    const site = [...roles.primaries, ...roles.replicas, ...roles.others].find(one => one.name === name)
    if (!site) throw new BadInput(`--site: no site "${name}" here or in the archive`)
    if (archive.kind === 'url')
      throw new BadInput(
        `${name} cannot be moved: of an archive at a URL nobody can say whose it is; see README, "Moving a site"`,
      )
    const { role, reason } = site.role
    if (UNSETTLED.includes(role)) throw new BadInput(`${name} cannot be moved: it is ${role} on ${host.name}: ${reason}`)
    return { site }
  },
}

type Looks = Needs<'host' | 'archive' | 'site'>

/** Reads in the archive how far a move of the site is. */
export const lookAtMove: Step<Looks, Moving> = {
  name: 'look-at-move',
  title: ({ site }) => `Look whose ${site.name} is`,
  run: async ({ host, archive, site }, shell) => {
    const found = await readMove(host, site, siteArchiveOf(archive, site.name), shell)
    shell.note('info', moveText(found.move))
    return found
  },
}

/** The same, for who looks again. @throws when the archive cannot be read */
export async function readMove(host: Needs<'host'>['host'], site: Site, siteArchive: SiteArchive, shell: Shell): Promise<Moving> {
  const files = archiveFiles(siteArchive, shell)
  const epoch = await readEpoch(files)
  const known = epoch ? { number: epoch.number, owner: epoch.owner } : { number: 0, owner: site.role.owner }
  const release = await readRelease(files, known.number)
  const begun = readRecord(host, site.name).handover
  const move = moveOf({
    me: host.name,
    epoch: known,
    release: release && { ...release, set: Date.parse(release.set) },
    begun,
    marked: site.local?.claims[0],
  })
  return { move, epoch }
}

/** The files of a site's archive, where there is a move at all. */
export function archiveFiles(siteArchive: SiteArchive, shell: Shell): ShareFiles {
  const files = filesOfSite(siteArchive, shell.quick)
  if (!files) throw new Error('an archive at a URL does not say whose a site is')
  return files
}

/** No person was asked. */
const BY_NIGHT: TakeoverRequest = { takeover: { force: false, dead: undefined, anyway: false, yes: true } }

/** The sites that a night may have to take over. */
export const incoming: Many<Needs<'host' | 'roles'>, Needs<'site'> & TakeoverRequest> = {
  list: ({ roles }) => roles.others.filter(({ role }) => role.role === 'incoming').map(site => ({ site, ...BY_NIGHT })),
  nameOf: ({ site }) => site.name,
  deadline: siteDeadline,
}

function moveText(move: Move): string {
  switch (move.kind) {
    case 'owner':
      return 'it is owned by this host'
    case 'frozen':
      return `a handover to ${move.to} was cut off before the site was let go`
    case 'uncertain':
      return `a handover to ${move.to} was cut off while the site was let go: the archive does not say that it was`
    case 'released':
      return `it is let go to ${move.to}, which has not taken it yet`
    case 'incoming':
      return `${move.from ?? 'its owner'} has handed it over to this host`
    case 'handed over':
      return `${move.owner ?? 'another host'} has taken it over`
    case 'not here':
      return `it is owned by ${move.owner ?? 'no host'}`
  }
}

/** What was decided to do next. @throws {BadInput} where nothing can be done, with the way out */
export function decided<What extends string>(next: Next<What>): What {
  if ('refused' in next) throw new BadInput(next.refused)
  return next.step
}
