import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import type { PrimarySite } from '../host/site.ts'
import { checkOtherHost } from '../steps/check-other-host.ts'
import { chooseLastSet, confirmHandover, freezeToMove, releaseSite } from '../steps/handover.ts'
import { rememberReplica } from '../steps/local-changes.ts'
import { lookAtMove, type Moving } from '../steps/move.ts'
import { isRehearsal, rehearse } from '../steps/rehearse.ts'
import { dumpDatabase, isWordPress } from '../steps/save-database.ts'
import { status } from '../steps/status.ts'
import { isTaken, leaveSite } from '../steps/step-aside.ts'
import { compareFiles, type ShrinkageRequest } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'
import { backUp, checkPrimary } from './back-up.ts'
import { saveSite } from './save-site.ts'

type HandsOver = NeedsOf<typeof checkPrimary> &
  NeedsOf<typeof confirmHandover> &
  Moving &
  Needs<'writer' | 'freeSpace'> &
  ShrinkageRequest & { readonly site: PrimarySite }

/** Its archive as the backup that was just made leaves it. */
const lookAgain = recipe<NeedsOf<typeof status>>().do(status).do(compareFiles)

/**
 * Backs a site up, freezes it, backs up what has come since, and lets another host have it. What takes long is done
 * before the freeze; a failure before the site is let go thaws it.
 */
export const handOver = recipe<HandsOver>()
  .use(checkPrimary)
  .do(checkOtherHost)
  .only('Rehearsal', isRehearsal, tried => tried.hold(rehearse))
  .do(confirmHandover)
  .use(saveSite)
  .use(backUp)
  .use(lookAgain)
  .hold(freezeToMove)
  .only('WordPress', isWordPress, wordpress => wordpress.do(dumpDatabase), { databaseSaved: false })
  .use(backUp)
  .use(lookAgain)
  .do(chooseLastSet)
  .do(releaseSite)

/** What this host does once the other has taken the site. */
export const stepAside = recipe<NeedsOf<typeof lookAtMove> & Omit<NeedsOf<typeof leaveSite>, 'move' | 'epoch' | 'owner'>>()
  .do(lookAtMove)
  .only('Taken', isTaken, taken => taken.do(leaveSite).do(rememberReplica))
