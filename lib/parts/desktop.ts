import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { beginTidying, checkDesktopSpace, checkExclusions, compareWithArchive, isTidying, type Work } from '../steps/desktop.ts'
import { inhibit } from '../steps/lock.ts'
import { checkSets } from './back-up.ts'

/** Nothing is begun that cannot be done, and nobody shuts the machine down meanwhile. */
export const prepareDesktop = recipe<NeedsOf<typeof checkExclusions> & NeedsOf<typeof inhibit> & NeedsOf<typeof beginTidying>>()
  .do(checkExclusions)
  .only('Cleanup', isTidying, tidying => tidying.do(beginTidying))
  .hold(inhibit)

/** The desktop's archive as it is, the room that it leaves, and whether its backup is made already. */
export const checkDesktop = recipe<NeedsOf<typeof checkSets> & Work>().use(checkSets).do(checkDesktopSpace).do(compareWithArchive)
