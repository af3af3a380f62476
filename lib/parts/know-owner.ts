import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { checkFreeSpace } from '../steps/archive.ts'
import { proven, serveProven } from '../steps/boot.ts'
import { keepLateWrites } from '../steps/late-writes.ts'
import { decideRoles } from '../steps/sites.ts'
import { status } from '../steps/status.ts'
import { freezeLost, stepDown, takenOver } from '../steps/step-down.ts'
import type { Needs } from '../store/facts.ts'

/**
 * What each site is on this host, and what follows from that before anything else: one that others took over is frozen
 * and becomes a replica, and one that is proven to be this host's is served again.
 */
export const knowOwners = recipe<NeedsOf<typeof decideRoles> & Needs<'secrets'>>()
  .do(decideRoles)
  .each('Taken over', takenOver, site => site.do(freezeLost).do(status).do(keepLateWrites).do(stepDown))
  .each('Proven', proven, site => site.do(serveProven))

/** The same, and whether the archive has room for their backups. */
export const knowSites = recipe<NeedsOf<typeof knowOwners>>().use(knowOwners).do(checkFreeSpace)
