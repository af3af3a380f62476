import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { leaveCard } from '../moves/checks.ts'
import { siteToDrill } from '../steps/sites.ts'
import { auditFiles, chooseFiles, siteAudits } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'

/**
 * What is left to do in the archive once all sites had their turn: a part of all that this host has there is read
 * again, another one each night; a backup of one site is tried in a sandbox; and the others are told what this host can
 * run.
 */
export const endNight = recipe<NeedsOf<typeof chooseFiles> & NeedsOf<typeof leaveCard> & Needs<'freeSpace'>>()
  .do(chooseFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))
  .each('Restore drill', siteToDrill, async site => site.do((await import('../steps/restore-test.ts')).restoreDrill))
  .do(leaveCard)
