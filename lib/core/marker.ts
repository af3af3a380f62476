import { type Epoch, epochsOf, epochText, isDiverged, type KnownEpoch } from './epoch.ts'

/** Begins the name of a marker file; the rest is the name of the host that owns the site. */
export const MARKER = 'PRIMARY_IS_'

/** Whether a text can be a host's name: it becomes part of a file name. */
export const isHostName = (text: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62})$/.test(text)

export const markerOf = (host: string): string => `${MARKER}${host}`

/** The hosts that the markers among these file names claim the site for, sorted. */
export function claimsIn(names: readonly string[]): readonly string[] {
  const claims = names.filter(name => name.startsWith(MARKER)).map(name => name.slice(MARKER.length))
  return [...new Set(claims.filter(isHostName))].toSorted()
}

/** What says whose a site is: markers, where there is such a folder, and epochs, where one was taken. */
export interface Claims {
  /** The hosts that the markers in the site's folder on this host name. */
  readonly here: readonly string[] | undefined
  /** The hosts that the markers beside its archive name. */
  readonly archive: readonly string[] | undefined
  /** The name under which this host itself backed it up last, if it did since it last replayed it. */
  readonly backedUpAs?: string | undefined
  /** The present epoch of its archive; undefined is epoch 0, in which markers alone decide. */
  readonly epoch?: Epoch | undefined
  /** The epoch that the folder on this host belongs to, as far as that is known. */
  readonly known?: KnownEpoch | undefined
  readonly releasedTo?: string | undefined
}

/** The roles of S2, and `unfinished`: an interrupted restore waits to be rolled back. */
export const ROLES = [
  'primary',
  'replica',
  'new replica',
  'incoming',
  'released',
  'taken over',
  'unmanaged',
  'conflict',
  'ambiguous',
  'unfinished',
] as const

export type RoleName = (typeof ROLES)[number]

export interface Role {
  readonly role: RoleName
  readonly owner: string | undefined
  /** One sentence for a person: both claims, where they differ. */
  readonly reason: string
  readonly choices: readonly RoleChoice[]
}

/** One way to resolve the conflict of a site that the run leaves alone. */
export interface RoleChoice {
  /** What it means: `web2 keeps it`. */
  readonly meaning: string
  /** The host that is to own it; see tasks/resolve.ts. */
  readonly keep: string
}

/**
 * The role of a site on a host (S2), from its markers and, where there are any, its epochs: the higher one wins, and
 * what the archive's marker says counts no more. Whatever could overwrite a folder that was not handed over is a
 * conflict. Only the host that the archive names is primary.
 */
export function roleOf(claims: Claims, me: string): Role {
  const { here, archive, epoch, known, releasedTo } = claims
  if ((here?.length ?? 0) > 1) return ambiguous('its folder here', here!)
  if (!epoch && (archive?.length ?? 0) > 1) return ambiguous('its archive', archive!)
  const local = here?.[0]
  const owner = epoch?.owner ?? archive?.[0]
  if (local === undefined && owner === undefined) return decided('unmanaged', undefined, 'no marker here or beside an archive')
  if (isRenamed(claims, me)) return renamed(claims.backedUpAs!, me)
  if (here?.length === 0) return unclaimedFolder(owner!, me)
  if (local === me && known && owner !== undefined && isDiverged(known, epoch)) return diverged(known, claims, me)
  if (releasedTo !== undefined && releasedTo !== owner && (releasedTo === me || owner === me))
    return released(releasedTo, owner, me)
  if (local === undefined) return arriving(owner!, me)
  if (local === me) return owner === undefined || owner === me ? owned(owner, me) : contested(claims, owner, me)
  if (owner === me) return returned(claims, local, me)
  return decided('replica', owner ?? local, `${owner ?? local} owns it`)
}

const decided = (role: RoleName, owner: string | undefined, reason: string): Role => ({ role, owner, reason, choices: [] })

const conflict = (reason: string, choices: readonly RoleChoice[]): Role => ({
  role: 'conflict',
  owner: undefined,
  reason,
  choices,
})

function owned(owner: string | undefined, me: string): Role {
  return decided('primary', me, owner === undefined ? `marked as ${me}'s here; its archive is not claimed yet` : `${me} owns it`)
}

function arriving(owner: string, me: string): Role {
  if (owner === me) return decided('incoming', me, `the archive was handed to ${me}, which has no folder of it yet`)
  return decided('new replica', owner, `${owner} owns it; ${me} has no folder of it yet`)
}

function released(to: string, owner: string | undefined, me: string): Role {
  if (to === me) return decided('incoming', me, `${owner ?? 'its owner'} released it to ${me}`)
  return decided(
    'released',
    to,
    `${me} released it to ${to}, which has not taken it yet; nobody changes or backs it up until then`,
  )
}

function unclaimedFolder(owner: string, me: string): Role {
  const meaning = owner === me ? `${me} keeps the folder as it is` : `the folder here is replaced by what ${owner} archived`
  return conflict(`its archive is ${owner}'s, and a folder of that name stands here that no marker speaks for`, [
    { meaning, keep: owner },
  ])
}

/** The archive is another's: it took over what was this host's, or this host never had it. */
function contested({ epoch, known, backedUpAs }: Claims, owner: string, me: string): Role {
  const wasMine = known ? known.owner === me : backedUpAs === me || epochsOf(epoch ?? NO_EPOCH).some(one => one.owner === me)
  if (epoch && wasMine) return decided('taken over', owner, `${owner} took it over from ${me}: ${epochText(epoch)}`)
  return conflict(`the folder here says that ${me} owns it, its archive says ${owner}`, [
    { meaning: `${owner} keeps it, it becomes a replica here`, keep: owner },
    { meaning: `${me} keeps it`, keep: me },
  ])
}

const NO_EPOCH = { number: 0, owner: '', since: '', by: 'claim', before: [] } as const

/** This host knows an epoch that the archive does not: neither of the two came of the other. */
function diverged(known: KnownEpoch, { epoch, archive }: Claims, me: string): Role {
  const owner = epoch?.owner ?? archive?.[0] ?? me
  const there = epoch ? `is in ${epochText(epoch)}` : 'knows of no epoch'
  const others = owner === me ? [] : [{ meaning: `${owner} keeps it, it becomes a replica here`, keep: owner }]
  return conflict(
    `they have diverged: the folder here is of epoch ${known.number} of ${known.owner}, and its archive ${there}, which did not follow from that`,
    [...others, { meaning: `${me} keeps it`, keep: me }],
  )
}

/** The archive is this host's, and the marker here another's: it was handed over, unless this host has it already. */
function returned({ epoch, known }: Claims, local: string, me: string): Role {
  if (epoch === undefined || known?.number !== epoch.number || known.owner !== me)
    return decided('incoming', me, `the archive was handed to ${me}; the folder here is still marked as ${local}'s`)
  return conflict(`${me} owns it by ${epochText(epoch)}, and the folder here is marked as ${local}'s`, [
    { meaning: `${me} keeps it`, keep: me },
    { meaning: `${local} is to have it, it becomes a replica here`, keep: local },
  ])
}

/** Whether all claims name this very host as it was called before: a replay would put an old state over newer work. */
function isRenamed({ here, archive, backedUpAs, epoch }: Claims, me: string): boolean {
  const names = new Set([...(here ?? []), ...(epoch ? [epoch.owner] : (archive ?? []))])
  return backedUpAs !== undefined && backedUpAs !== me && names.size === 1 && names.has(backedUpAs) && here?.length !== 0
}

function renamed(former: string, me: string): Role {
  return conflict(`its markers say that ${former} owns it, and this host backed it up as ${former}, but is called ${me} now`, [
    { meaning: `${me} is the new name of ${former}`, keep: me },
    { meaning: `${former} is another host, and it becomes a replica here`, keep: former },
  ])
}

function ambiguous(where: string, claims: readonly string[]): Role {
  return {
    role: 'ambiguous',
    owner: undefined,
    reason: `${where} has markers of ${claims.join(' and ')}`,
    choices: claims.map(host => ({ meaning: `${host} owns it`, keep: host })),
  }
}
