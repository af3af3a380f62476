import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { proven, serveProven } from '../steps/boot.ts'
import { keepLateWrites } from '../steps/late-writes.ts'
import { decideRoles } from '../steps/sites.ts'
import { status } from '../steps/status.ts'
import { takenSites } from '../steps/step-aside.ts'
import { freezeLost, stepDown, takenOver } from '../steps/step-down.ts'
import type { Needs } from '../store/facts.ts'
import { stepAside } from './hand-over.ts'

/**
 * What each site is on this host, and what follows from that before anything else: one that this host let go, and
 * another took, becomes a replica; so does, frozen, one that others took over otherwise; and one that is proven to be
 * this host's is served again.
 */
export const knowOwners = recipe<NeedsOf<typeof decideRoles> & Needs<'secrets'>>()
  .do(decideRoles)
  .each('Let go and taken', takenSites, site => site.use(stepAside))
  .each('Taken over', takenOver, site => site.do(freezeLost).do(status).do(keepLateWrites).do(stepDown))
  .each('Proven', proven, site => site.do(serveProven))
