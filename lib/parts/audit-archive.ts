import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { restoreDrill, siteToDrill } from '../steps/drill.ts'
import { auditFiles, chooseDesktopFiles, chooseFiles, siteAudits } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'

/**
 * Reads a part of all that this host has in the archive again, another one each night; then tries a backup of one site,
 * of another each night, in a sandbox.
 */
export const auditArchive = recipe<NeedsOf<typeof chooseFiles> & Needs<'request' | 'freeSpace'>>()
  .do(chooseFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))
  .each('Restore drill', siteToDrill, site => site.do(restoreDrill))

/** The same of what a desktop has there, each day on which it has work. */
export const auditDesktop = recipe<NeedsOf<typeof chooseDesktopFiles> & Needs<'request' | 'freeSpace'>>()
  .do(chooseDesktopFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))
