import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { incoming, proven, takenOver, takenSites } from '../moves/sites.ts'
import { checkFreeSpaceToSave } from '../steps/archive.ts'
import { decideRoles } from '../steps/sites.ts'
import type { Needs } from '../store/facts.ts'
import type { takeIncoming } from './move.ts'

/**
 * What each site is on this host, and what follows from that before anything else: one that this host released, and
 * another took, becomes a replica; so does, frozen, one that others took over otherwise; and one that is proven to be
 * this host's is served again. Few nights have any of these.
 */
export const knowOwners = recipe<NeedsOf<typeof decideRoles> & Needs<'secrets'>>()
  .do(decideRoles)
  .each('Released and taken', takenSites, async site => site.use((await import('./move.ts')).stepAside))
  .each('Taken over', takenOver, async site => site.use((await import('./move.ts')).stepBack))
  .each('Proven', proven, async site => site.do((await import('../moves/boot.ts')).serveProven))

/** Whose each site is, the room for backups of this host's own, and the moves that are under way. */
export const decideSites = recipe<NeedsOf<typeof knowOwners> & Omit<NeedsOf<typeof takeIncoming>, 'site' | 'takeover'>>()
  .use(knowOwners)
  .do(checkFreeSpaceToSave)
  .each('Incoming sites', incoming, async site => site.use((await import('./move.ts')).takeIncoming))
