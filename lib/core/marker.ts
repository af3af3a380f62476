/** Begins the name of a marker file; the rest is the name of the host that owns the site. */
export const MARKER = 'PRIMARY_IS_'

/** Whether a text can be a host's name: it becomes part of a file name. */
export const isHostName = (text: string): boolean => /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62})$/.test(text)

/** The marker's file name for a host. */
export const markerOf = (host: string): string => `${MARKER}${host}`

/** The hosts that the markers among these file names claim the site for, sorted. */
export function claimsIn(names: readonly string[]): readonly string[] {
  const claims = names.filter(name => name.startsWith(MARKER)).map(name => name.slice(MARKER.length))
  return [...new Set(claims.filter(isHostName))].toSorted()
}

/** The hosts that a site's markers name, where there is such a folder. */
export interface Claims {
  /** In the site's folder on this host. */
  readonly here: readonly string[] | undefined
  /** Beside its archive. */
  readonly archive: readonly string[] | undefined
  /** The name under which this host itself backed it up last, if it did since it last replayed it. */
  readonly backedUpAs?: string | undefined
}

/** The roles of S2, and `unfinished`: an interrupted restore waits to be rolled back. */
export const ROLES = [
  'primary',
  'replica',
  'new replica',
  'incoming',
  'unmanaged',
  'conflict',
  'ambiguous',
  'unfinished',
] as const

export type RoleName = (typeof ROLES)[number]

export interface Role {
  readonly role: RoleName
  /** The host that owns the site, where one does without doubt. */
  readonly owner: string | undefined
  /** One sentence for a person: both claims, where they differ. */
  readonly reason: string
  /** What settles it, where a person has to: commands, as words to be run at the site's folder or its archive. */
  readonly choices: readonly RoleChoice[]
}

/** One way to settle a site that the run leaves alone: a marker that goes, one that comes, or both (a rename). */
export interface RoleChoice {
  /** What it means: `web2 keeps it`. */
  readonly meaning: string
  /** Whose markers; or what this host remembers of the site, which it is to forget. */
  readonly where: 'here' | 'archive' | 'both' | 'memory'
  readonly remove?: string
  readonly create?: string
}

/**
 * The role of a site on a host, from the markers alone (S2). Every combination has an answer; whatever could overwrite
 * a
 * folder that nobody handed over is a conflict.
 */
export function roleOf({ here, archive, backedUpAs }: Claims, me: string): Role {
  if ((here?.length ?? 0) > 1) return ambiguous('here', here!)
  if ((archive?.length ?? 0) > 1) return ambiguous('archive', archive!)
  const local = here?.[0]
  const archived = archive?.[0]
  if (local === undefined && archived === undefined) return decided('unmanaged', undefined, 'no marker here or beside an archive')
  if (isRenamed({ here, archive, backedUpAs }, me)) return renamed(backedUpAs!, { here: local, archive: archived }, me)
  if (local === undefined) return here === undefined ? arriving(archived!, me) : unclaimedFolder(archived!, me)
  if (local === me) return archived === undefined || archived === me ? owned(archived, me) : contested(archived, me)
  if (archived === me)
    return decided('incoming', me, `the archive was handed to ${me}; the folder here is still marked as ${local}'s`)
  return decided('replica', archived ?? local, `${archived ?? local} owns it`)
}

const decided = (role: RoleName, owner: string | undefined, reason: string): Role => ({ role, owner, reason, choices: [] })

function owned(archived: string | undefined, me: string): Role {
  return decided(
    'primary',
    me,
    archived === undefined ? `marked as ${me}'s here; its archive is not claimed yet` : `${me} owns it`,
  )
}

function arriving(archived: string, me: string): Role {
  if (archived === me) return decided('incoming', me, `the archive was handed to ${me}, which has no folder of it yet`)
  return decided('new replica', archived, `${archived} owns it; ${me} has no folder of it yet`)
}

function unclaimedFolder(archived: string, me: string): Role {
  const meaning = archived === me ? `${me} keeps the folder as it is` : `the folder here is replaced by what ${archived} archived`
  return {
    role: 'conflict',
    owner: undefined,
    reason: `its archive is ${archived}'s, and a folder of that name stands here that no marker speaks for`,
    choices: [{ meaning, where: 'here', create: markerOf(archived) }],
  }
}

function contested(archived: string, me: string): Role {
  return {
    role: 'conflict',
    owner: undefined,
    reason: `the folder here says that ${me} owns it, its archive says ${archived}`,
    choices: [
      {
        meaning: `${archived} keeps it, it becomes a replica here`,
        where: 'here',
        remove: markerOf(me),
        create: markerOf(archived),
      },
      { meaning: `${me} keeps it`, where: 'archive', remove: markerOf(archived), create: markerOf(me) },
    ],
  }
}

/** Whether all markers name this very host as it was called before: a replay would put an old state over newer work. */
function isRenamed({ here, archive, backedUpAs }: Claims, me: string): boolean {
  const names = new Set([...(here ?? []), ...(archive ?? [])])
  return backedUpAs !== undefined && backedUpAs !== me && names.size === 1 && names.has(backedUpAs) && here?.length !== 0
}

function renamed(former: string, { here, archive }: { here: string | undefined; archive: string | undefined }, me: string): Role {
  return {
    role: 'conflict',
    owner: undefined,
    reason: `its markers say that ${former} owns it, and this host backed it up as ${former}, but is called ${me} now`,
    choices: [
      {
        meaning: `${me} is the new name of ${former}`,
        where: archive === undefined ? 'here' : here === undefined ? 'archive' : 'both',
        remove: markerOf(former),
        create: markerOf(me),
      },
      { meaning: `${former} is another host, and it becomes a replica here`, where: 'memory' },
    ],
  }
}

function ambiguous(where: 'here' | 'archive', claims: readonly string[]): Role {
  return {
    role: 'ambiguous',
    owner: undefined,
    reason: `${where === 'here' ? 'its folder here' : 'its archive'} has markers of ${claims.join(' and ')}`,
    choices: claims.map(host => ({ meaning: `${host} is not the owner`, where, remove: markerOf(host) })),
  }
}
