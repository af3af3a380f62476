import { z } from 'zod'
import {
  addressText,
  claimConflict,
  type DatabaseAccess,
  type DatabaseClaim,
  type DatabaseClaims,
  isSameClaim,
} from '../core/database-access.ts'
import type { Shell } from '../engine/shell.ts'
import { readState, writeState } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'

/** Whether a database is on this host's own server, or on another that the site's configuration names. */
export type Server = 'own' | 'elsewhere'

const STATE = 'databases'
/** How this host's own server is recorded. */
export const OWN_SERVER = 'localhost'
const claim = z.object({ server: z.string(), database: z.string(), user: z.string() })
const claims = z.record(z.string(), claim.extend({ more: z.array(claim).optional() }))

/** All claims that are recorded on this host. */
const readClaims = (host: Host): DatabaseClaims => readState(host, STATE, claims) ?? {}

/**
 * Records that this site uses this database and account; refuses what another site on this host uses (S41). A site that
 * moved to other ones is reported, so that nobody does it unseen.
 * @param isOwn it is the site's own one, and no further one
 * @throws when another site's claim stands against it
 */
export async function claimDatabase(
  host: Host,
  site: { readonly name: string },
  { access, isOwn }: { readonly access: DatabaseAccess; readonly isOwn: boolean },
  server: Server,
  shell: Shell,
): Promise<void> {
  refuseClaimed(host, site.name, access, server)
  const claim = claimOf(access, server)
  const before = claimOfSite(host, site.name)
  const known = isOwn && before ? [before] : recordedClaims(host, site.name)
  if (known.some(each => isSameClaim(each, claim))) return
  if (isOwn && before && (before.database !== claim.database || before.user !== claim.user))
    shell.note(
      'significant',
      `its database was "${before.database}" of "${before.user}", now it is "${claim.database}" of "${claim.user}"`,
    )
  const recorded = isOwn || !before ? { ...claim, more: before?.more } : { ...before, more: [...(before.more ?? []), claim] }
  // read again: a neighbour may have recorded its own meanwhile
  await shell.act(`record the database ${claim.database} as ${isOwn ? 'that' : 'one'} of ${site.name}`, () =>
    writeState(host, STATE, { ...readClaims(host), [site.name]: recorded }),
  )
}

/** The databases of this host's own server that are recorded as a site's. */
export const claimedDatabases = (host: Host): { name: string; user: string; site: string }[] =>
  Object.keys(readClaims(host)).flatMap(site =>
    recordedClaims(host, site)
      .filter(({ server }) => server === OWN_SERVER)
      .map(({ database, user }) => ({ name: database, user, site })),
  )

/** @throws when another site's claim stands against this one's use of a database and account */
export function refuseClaimed(host: Host, site: string, access: DatabaseAccess, server: Server): void {
  const conflict = claimConflict(site, claimOf(access, server), readClaims(host))
  if (conflict !== undefined) throw new Error(`${conflict}; if that is meant, remove it from ${host.paths.state}/${STATE}.json`)
}

/** What is recorded of a site: its own database first. */
export function recordedClaims(host: Host, site: string): readonly DatabaseClaim[] {
  const own = claimOfSite(host, site)
  return own ? [own, ...(own.more ?? [])] : []
}

function claimOfSite(host: Host, site: string): DatabaseClaim | undefined {
  const recorded = readClaims(host)
  return Object.hasOwn(recorded, site) ? recorded[site] : undefined
}

/** How a person records a claim. */
export function claimText(host: Host, site: string, access: DatabaseAccess): string {
  return `${host.paths.state}/${STATE}.json: ${JSON.stringify({ [site]: claimOf(access, 'own') })}`
}

/** However a site's configuration writes it, this host's own server is one and the same. */
function claimOf({ address, database, user }: DatabaseAccess, server: Server): DatabaseClaim {
  return { server: server === 'own' ? OWN_SERVER : addressText(address), database, user }
}
