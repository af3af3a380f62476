import { BadInput } from '../core/bad-input.ts'
import { type Epoch, nextEpoch, type Taking } from '../core/epoch.ts'
import { claimsIn, type RoleName } from '../core/marker.ts'
import { type Move, moveOf, moveText } from '../core/move.ts'
import type { SiteAnswer } from '../core/page.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { httpCheck } from '../host/http-check.ts'
import { markOwner } from '../host/local-owner.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { placeOf, type SitePlace, siteAsked } from '../host/site.ts'
import { readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import { siteArchiveOf } from '../store/archive.ts'
import { setArchiveMarker } from '../store/claim.ts'
import { epochOf, readEpoch, readRelease, takeEpoch } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { filesOfSite, type ShareFiles } from '../store/share-files.ts'

/** Whose a site is in the archive, and how far a move of it is. */
export interface Moving {
  readonly move: Move
  /** Undefined as long as no host has taken one: the markers alone say whose it is. */
  readonly epoch: Epoch | undefined
}

/** What nobody can move before a person has resolved it. */
const UNRESOLVED: readonly RoleName[] = ['conflict', 'ambiguous', 'unmanaged', 'unfinished']

/** The one site that a move is for. @throws {BadInput} when nobody can say whose it is */
export const chooseMovingSite: Step<Needs<'host' | 'roles' | 'request' | 'archive'>, Needs<'site'>> = {
  name: 'choose-moving-site',
  title: 'Check that the site can be moved',
  run: async ({ host, roles, request, archive }) => {
    const site = siteAsked(roles, request)
    const { name } = site
    if (archive.kind === 'url')
      throw new BadInput(
        `${name} cannot be moved: of an archive at a URL nobody can say whose it is; see README, "Moving a site"`,
      )
    const { role, reason } = site.role
    if (UNRESOLVED.includes(role)) throw new BadInput(`${name} cannot be moved: it is ${role} on ${host.name}: ${reason}`)
    return { site }
  },
}

/** Reads in the archive how far a move of the site is. */
export const lookAtMove: Step<Needs<'host' | 'archive' | 'site'>, Moving> = {
  name: 'look-at-move',
  title: ({ site }) => `Check who owns ${site.name}`,
  run: async (facts, shell) => {
    const found = await readMove(facts, shell)
    shell.note('info', moveText(found.move))
    return found
  },
}

/** The same, for who looks again. @throws when the archive cannot be read */
export async function readMove({ host, archive, site }: Needs<'host' | 'archive' | 'site'>, shell: Shell): Promise<Moving> {
  const files = archiveFiles({ archive, site }, shell)
  const epoch = await readEpoch(files)
  const known = epoch ? { number: epoch.number, owner: epoch.owner } : { number: 0, owner: site.role.owner }
  const release = await readRelease(files, known.number)
  const move = moveOf({
    me: host.name,
    epoch: known,
    release: release && { ...release, set: Date.parse(release.set) },
    begun: readRecord(host, site.name).handover,
    marked: site.local?.claims[0],
  })
  return { move, epoch }
}

/** The files of a site's archive. @throws at a URL, where no site is moved */
export function archiveFiles({ archive, site }: Needs<'archive' | 'site'>, shell: Shell): ShareFiles {
  const files = filesOfSite(siteArchiveOf(archive, site.name), shell.quick)
  if (!files) throw new Error('an archive at a URL does not say whose a site is')
  return files
}

/**
 * Has this host take the next epoch: of all that try, the owner that takes its site back among them, one gets it.
 * @param otherwise what the site stays here when that is another
 * @throws when it is
 */
export async function takeNextEpoch(
  facts: Needs<'host' | 'archive' | 'site'> & Moving,
  taking: Omit<Taking, 'owner' | 'now'>,
  otherwise: string,
  shell: Shell,
): Promise<void> {
  const { host, site, epoch } = facts
  const next = nextEpoch(epoch, { owner: host.name, now: shell.now(), ...taking })
  const taken = await takeEpoch(archiveFiles(facts, shell), next)
  if (!taken.taken && taken.epoch.owner !== host.name)
    throw new Error(`${taken.epoch.owner} was first, and owns ${site.name} now: it stays ${otherwise} here`)
}

export type Claimed = { readonly claimed: true }

type Owns = Needs<'host' | 'secrets' | 'archive' | 'site'>

/** Lets visitors write, and has the markers in the archive and here say what the epoch says. Again, it does no harm. */
export const becomeOwner: Step<Owns & Claimed, { owned: true }> = {
  name: 'become-owner',
  title: ({ site }) => `Let visitors in to ${site.name}`,
  run: async (facts, shell) => {
    await makeOwner(facts, shell)
    return { owned: true }
  },
}

async function makeOwner({ host, secrets, archive, site }: Owns, shell: Shell): Promise<void> {
  const files = archiveFiles({ archive, site }, shell)
  const written = await files.claims(true)
  const epoch = epochOf(written, name => files.pathOf(name))
  await shell.act(`check that ${site.name} is still ${host.name}'s, and has a folder`, () => {
    if (epoch && epoch.owner !== host.name)
      throw new Error(`${epoch.owner} was first, and owns ${site.name} now: it stays as it is here`)
    using folder = OpenedFolder.openIfThere(site.folder)
    if (!folder) throw new Error(`${site.folder} is not there: the site has to be restored first`)
  })
  const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'open' })
  if (!guarded) shell.note('warning', `whether visitors can write to ${site.name} is not this host's to say: ${why}`)
  await setArchiveMarker(files, claimsIn(written.markers), host.name)
  // the marker here is last but for what is only remembered: until it is there, the next run does all of this again
  await shell.act(`mark ${site.folder} as ${host.name}'s`, () => markOwner(host, site, host.name, epoch))
  await forgetHandover({ host, site }, shell)
}

export const forgetHandover = ({ host, site }: Needs<'host'> & { site: SitePlace }, shell: Shell): Promise<void> =>
  shell.act('forget the handover', () => updateRecord(host, site.name, { handover: undefined }))

/** What the site answered on this host before it was claimed; undefined where nobody knows how to ask it. */
export type Asked = { readonly asked: SiteAnswer | undefined }

/** Asks the site once more, now that it is this host's. */
export const askAfterClaim: Step<Needs<'host' | 'site'> & { owned: true } & Asked, void> = {
  name: 'ask-after-claim',
  title: ({ site }) => `HTTP check of ${site.name} after the takeover`,
  run: async ({ host, site, asked }, shell) => {
    if (!asked) return
    await shell.act('ask the site over HTTP', async () => {
      const answer = await httpCheck(host, site, shell.stop)
      const isWorse = answer?.works === false && asked.works
      if (answer) shell.note(isWorse ? 'problem' : 'info', `${answer.said} (${asked.said} before it was claimed)`)
    })
  },
}

/** Finishes a move that was cut off after the epoch was taken. @throws for a site that may have been released */
export const finishMove: Step<Owns & Needs<'request'>, void> = {
  name: 'finish-move',
  title: ({ site }) => `Check for an interrupted move of ${site.name}`,
  run: async (facts, shell) => {
    const { host, archive, request, site } = facts
    const isOpen = readSiteMode({ host }, site).kind === 'open' && !readRecord(host, site.name).handover
    const isMarked = site.local?.claims.length === 1 && site.local.claims[0] === host.name
    if (archive.kind === 'url' || (isOpen && isMarked)) return
    const { move } = await readMove(facts, shell)
    if (move.kind === 'uncertain') {
      const [again, back] = handoverCommands(request, site, move.to)
      throw new Error(
        `a handover to ${move.to} was cut off, and the site stays frozen. To go on: ${again}\nTo take it back: ${back}`,
      )
    }
    if (move.kind !== 'owner' && move.kind !== 'frozen') return
    await makeOwner(facts, shell)
    shell.note('significant', `${site.name} is ${host.name}'s: what a run that was cut off had left of its move is done`)
  },
}

export const handoverCommands = ({ command }: Needs<'request'>['request'], { name }: SitePlace, to: string) =>
  [command('handover', '--site', name, '--to', to), command('handover', '--site', name, '--cancel')] as const

export async function thaw(facts: Needs<'host' | 'secrets'> & { site: SitePlace }, shell: Shell): Promise<void> {
  await setSiteMode({ ...facts, shell }, facts.site, { kind: 'open' })
  await forgetHandover(facts, shell)
}

/** Thaws sites whose handover was cut off before they were released: nobody else can have taken them by it. */
export const thawInterrupted: Step<Needs<'host' | 'secrets' | 'request' | 'localSites'>, void> = {
  name: 'thaw-interrupted',
  title: 'Thaw sites of interrupted handovers',
  run: async ({ host, secrets, request, localSites }, shell) => {
    for (const { name } of localSites) {
      try {
        const { handover } = readRecord(host, name)
        if (handover?.phase !== 'freezing' || request.dryRun) continue
        await thaw({ host, secrets, site: placeOf(host, name) }, shell)
        shell.note(
          'significant',
          `${name} was being handed over to ${handover.to}, which was cut off: visitors can write to it again`,
        )
      } catch (error) {
        if (shell.stop.aborted) throw error
        shell.note('problem', `${name}: what a handover left that was cut off cannot be taken back: ${messageOf(error)}`)
      }
    }
  },
}

/** Lifts the guard of what was a replica, and is this host's own now. */
export const liftGuard: Step<Needs<'host' | 'secrets' | 'site'>, void> = {
  name: 'lift-guard',
  title: ({ site }) => `Remove what guarded ${site.name} as a replica`,
  run: async ({ host, secrets, site }, shell) => {
    if (readSiteMode({ host }, site).kind !== 'copy') return
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'open' })
    if (!guarded) shell.note('problem', `${site.name} is not known to be more than a read-only copy yet: ${why}`)
    else shell.note('significant', `${site.name} is this host's own, and no read-only copy any more`)
  },
}
