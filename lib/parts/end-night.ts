import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { leaveCard } from '../steps/host-card.ts'
import { auditArchive } from './audit-archive.ts'

/** What is left to do in the archive once all sites had their turn. */
export const endNight = recipe<NeedsOf<typeof auditArchive> & NeedsOf<typeof leaveCard>>().use(auditArchive).do(leaveCard)
