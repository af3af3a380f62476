import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { backup, mustBeRepeated, readBackSet } from '../steps/backup.ts'
import { beginTidying, checkDesktopSpace, checkExclusions, compareWithArchive, isTidying, type Work } from '../steps/desktop.ts'
import { inhibit } from '../steps/lock.ts'
import { auditFiles, chooseDesktopFiles, siteAudits } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'
import { checkSets } from './back-up.ts'

/** Nothing is begun that cannot be done, and nobody shuts the machine down meanwhile. */
export const prepareDesktop = recipe<NeedsOf<typeof checkExclusions> & NeedsOf<typeof inhibit> & NeedsOf<typeof beginTidying>>()
  .do(checkExclusions)
  .only('Cleanup', isTidying, tidying => tidying.do(beginTidying))
  .hold(inhibit)

/** The desktop's archive as it is, the room that it leaves, and whether its backup is made already. */
export const checkDesktop = recipe<NeedsOf<typeof checkSets> & Work>().use(checkSets).do(checkDesktopSpace).do(compareWithArchive)

/** A set more, as of a site; a desktop is none that could shrink. */
export const backUpDesktop = recipe<NeedsOf<typeof backup>>()
  .do(backup)
  .do(readBackSet)
  .only('Read back differs', mustBeRepeated, again => again.do(backup).do(readBackSet))

/** Reads a part of what it has in the archive again, on each day on which it has work. */
export const auditDesktop = recipe<NeedsOf<typeof chooseDesktopFiles> & Needs<'request' | 'freeSpace'>>()
  .do(chooseDesktopFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))
