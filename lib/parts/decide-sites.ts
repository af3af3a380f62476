import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { checkFreeSpace } from '../steps/archive.ts'
import { incoming } from '../steps/move.ts'
import { knowOwners } from './know-owner.ts'
import { takeIncoming } from './take-over.ts'

/** Whose each site is, the room for backups of this host's own, and the moves that are under way. */
export const decideSites = recipe<NeedsOf<typeof knowOwners> & Omit<NeedsOf<typeof takeIncoming>, 'site' | 'takeover'>>()
  .use(knowOwners)
  .do(checkFreeSpace)
  .each('Incoming sites', incoming, site => site.use(takeIncoming))
