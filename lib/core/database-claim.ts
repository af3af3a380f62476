/** Which database and account a site uses, recorded at its first backup or replay on a host. */
export interface DatabaseClaim {
  /** Where the server is, as text: `localhost`, a socket, `host:port`. */
  readonly server: string
  readonly database: string
  readonly user: string
  /** Further ones of the same site: of other domains, or of further WordPresses in its folder. */
  readonly more?: readonly Omit<DatabaseClaim, 'more'>[] | undefined
}

/** The recorded claims of a host, by site. */
export type DatabaseClaims = Readonly<Record<string, DatabaseClaim>>

/** What speaks against a site's claim to a database and account (S41), if anything: they are another site's. */
export function claimConflict(site: string, claim: DatabaseClaim, recorded: DatabaseClaims): string | undefined {
  for (const [other, theirs] of Object.entries(recorded)) {
    if (other === site) continue
    const there = [theirs, ...(theirs.more ?? [])].filter(({ server }) => server === claim.server)
    if (there.some(({ database }) => database === claim.database))
      return `its database "${claim.database}" is recorded as that of site "${other}"`
    if (there.some(({ user }) => user === claim.user))
      return `its database account "${claim.user}" is recorded as that of site "${other}"`
  }
  return undefined
}

/** Whether two name the same database and account. */
export const isSameClaim = (one: DatabaseClaim, other: DatabaseClaim): boolean =>
  one.server === other.server && one.database === other.database && one.user === other.user
