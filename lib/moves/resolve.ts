import { formatAge } from '../core/age.ts'
import { BadInput } from '../core/bad-input.ts'
import { type Collection, newestSet, setsOf } from '../core/collection.ts'
import { epochText, nextEpoch } from '../core/epoch.ts'
import { claimsIn, MARKER } from '../core/marker.ts'
import { printTime } from '../core/restore-point.ts'
import type { SetRecord } from '../core/set-record.ts'
import { counted } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { markOwner } from '../host/local-owner.ts'
import { readRecord, type SiteRecord, updateRecord } from '../host/records.ts'
import { type Site, siteAsked } from '../host/site.ts'
import { ask, confirm } from '../host/terminal.ts'
import type { Host } from '../inventory/schema.ts'
import { setArchiveMarker } from '../store/claim.ts'
import { takeEpoch } from '../store/epochs.ts'
import type { Needs } from '../store/facts.ts'
import { readSetRecords } from '../store/set-records.ts'
import { filesOfSite, type ShareFiles } from '../store/share-files.ts'
import { highestNumber } from '../store/written-claims.ts'

export interface ResolveRequest {
  /** The host that is to own it; undefined where it is still to be asked. */
  readonly keep: string | undefined
  readonly yes: boolean
}

type Resolves = Needs<'host' | 'request' | 'site' | 'siteArchive' | 'collection'> & { resolving: ResolveRequest }
type Resolving = Resolves & { owner: string }

/** The disputed site. @throws {BadInput} when nothing of it is to be resolved here */
export const chooseDisputed: Step<Needs<'host' | 'request' | 'roles'>, Needs<'site'>> = {
  name: 'choose-disputed',
  title: 'Find the site',
  run: async ({ host, request, roles }) => {
    const site = siteAsked(roles, request)
    const { name } = site
    const { role, owner, reason, choices } = site.role
    if (role !== 'primary' && choices.length === 0) {
      const others =
        owner === undefined || owner === host.name
          ? ''
          : `. To have it here: handover on ${owner}, or takeover --force where ${owner} is dead`
      throw new BadInput(`${name} has no conflict to resolve on ${host.name}: it is ${role} here: ${reason}${others}`)
    }
    return { site }
  },
}

/** Shows what each side says and has, and finds which host is to own the site: by the command line, or by asking. */
export const chooseOwner: Step<Resolves, { owner: string }> = {
  name: 'choose-owner',
  title: ({ site }) => `Compare what each side has of ${site.name}`,
  run: async ({ host, site, siteArchive, collection, resolving }, shell) => {
    const known = readRecord(host, site.name)
    shell.note('info', `${site.role.role}: ${site.role.reason}`)
    shell.note('info', await hereText(host, site, known, shell))
    shell.note('info', archiveText(site, collection, await readSetRecords(siteArchive, shell), known))
    const hosts = site.role.role === 'primary' ? [host.name] : site.role.choices.map(({ keep }) => keep)
    for (const { meaning, keep } of site.role.choices) shell.note('info', `--keep ${keep}: ${meaning}`)
    const wanted = `wanted one of ${hosts.join(', ')}`
    const asked =
      resolving.keep ?? (process.stdin.isTTY ? await ask(`Which host is to own ${site.name}? `, shell.stop) : undefined)
    const owner = asked?.trim()
    if (owner === undefined || owner === '') throw new BadInput(`--keep: nothing is given, ${wanted}`)
    if (!hosts.includes(owner)) throw new BadInput(`--keep: found "${owner}", ${wanted}`)
    return { owner }
  },
}

async function hereText(host: Host, site: Site, known: SiteRecord, shell: Shell): Promise<string> {
  if (!site.local) return `on ${host.name}: no folder of it`
  const { backedUpTo = 0, restoredFrom = 0, epoch = site.local.epoch } = known
  const from = Math.max(backedUpTo, restoredFrom)
  const marks = site.local.claims.length === 0 ? 'no marker' : `marked as ${site.local.claims.join(' and ')}'s`
  const goesOn = from === 0 ? 'goes on from no backup that this host knows of' : `goes on from the backup of ${printTime(from)}`
  const script = 'find "$1" -xdev -type f -newermt "@$2" -printf x | wc -c'
  const changed = await shell.quick.with({ onLine: () => {} }).ask(Number)`sh -c ${script} count ${site.folder} ${from / 1000}`
  const since = `${counted(changed, 'file')} ${from === 0 ? 'in it' : 'changed since'}`
  return `on ${host.name}: ${marks}, ${epoch ? `epoch ${epoch.number} of ${epoch.owner}` : 'no epoch'}; ${goesOn}; ${since}`
}

function archiveText(site: Site, collection: Collection, records: readonly SetRecord[], known: SiteRecord): string {
  const epoch = site.epoch ? epochText(site.epoch) : 'no epoch'
  const newest = newestSet(collection)
  if (!newest) return `in the archive: ${epoch}; no backup`
  const by = records.find(({ time }) => time === newest.time)?.host
  const from = Math.max(known.backedUpTo ?? 0, known.restoredFrom ?? 0)
  const news = collection.chains.flatMap(setsOf).filter(({ time }) => time > from)
  const more = news.length === 0 ? 'none newer than what is here' : `${counted(news.length, 'backup')} newer than what is here`
  return `in the archive: ${epoch}; the newest backup is of ${printTime(newest.time)}${by === undefined ? '' : `, made by ${by}`}; ${more}`
}

/** Asks for a yes, unless it was given: whoever is not chosen loses the site. */
export const confirmOwner: Step<Resolving, void> = {
  name: 'confirm-owner',
  title: 'Confirm',
  run: async ({ host, request, site, collection, resolving, owner }, shell) => {
    if (resolving.yes || request.dryRun) return
    if (!process.stdin.isTTY)
      throw new BadInput('--yes: there is no terminal to ask on: wanted it to be said on the command line')
    const newest = newestSet(collection)
    const age = newest === undefined ? 'no backup yet' : `its newest backup is ${formatAge(shell.now() - newest.time)} old`
    const then =
      owner === host.name
        ? `${host.name} goes on from its own folder, and all other hosts follow it`
        : site.local
          ? `the folder here becomes a replica of ${owner}'s, and what is only here is kept for ${counted(host.keepPrevious, 'day')}`
          : `it becomes a replica here`
    await confirm(`${owner} owns ${site.name} from now on (${age}): ${then}. Type yes: `, shell.stop)
  },
}

/** By a new epoch, unless the present one is undoubtedly that host's, and by the markers in the archive and here. */
export const resolveConflict: Step<Resolving, void> = {
  name: 'resolve',
  title: ({ site, owner }) => `Make ${owner} the owner of ${site.name}`,
  run: async ({ host, site, siteArchive, collection, owner }, shell) => {
    const files = filesOfSite(siteArchive, shell.quick)
    const epoch = files && (await giveTo(owner, files, { host, site, collection }, shell))
    await shell.act(`mark the site as ${owner}'s here`, () => {
      if (site.local) markOwner(host, site, owner, epoch)
      if (owner !== host.name) updateRecord(host, site.name, { backedUpAs: undefined })
    })
    const next = epoch && owner === host.name ? '; its next backup begins a new chain' : ''
    shell.note('significant', `${owner} owns ${site.name} from now on${epoch ? `, by epoch ${epoch.number}` : ''}${next}`)
  },
}

async function giveTo(
  owner: string,
  files: ShareFiles,
  { host, site, collection }: Needs<'host' | 'site' | 'collection'>,
  shell: Shell,
) {
  await files.makeFolder()
  const names = await files.names('')
  const claims = claimsIn(names.filter(name => name.startsWith(MARKER)))
  const { epoch } = site
  const isCertain = epoch ? epoch.owner === owner : claims.length === 1 && claims[0] === owner
  if (isCertain && owner !== host.name) {
    await setArchiveMarker(files, claims, owner)
    return epoch
  }
  const above = Math.max(readRecord(host, site.name).epoch?.number ?? 0, highestNumber(names))
  const from = newestSet(collection)?.time ?? 0
  const marker = claims.length === 1 ? claims[0] : undefined
  const next = nextEpoch(epoch, { owner, by: 'settle', now: shell.now(), from, marker, above })
  const answer = await takeEpoch(files, next)
  if (!answer.taken) throw new Error(`${site.name} is ${answer.epoch.owner}'s, by ${epochText(answer.epoch)}: look again`)
  await setArchiveMarker(files, claims, owner)
  return next
}
