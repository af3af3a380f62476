import type { TakeoverRequest } from '../core/move-request.ts'
import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import type { PrimarySite } from '../host/site.ts'
import { adviseDns, checkOtherHost, isRehearsal, rehearse } from '../moves/checks.ts'
import { chooseLastSet, confirmHandover, freezeToMove, releaseSite } from '../moves/handover.ts'
import { askAfterClaim, becomeOwner, lookAtMove, type Moving } from '../moves/move.ts'
import { type Forked, freezeLost, isTaken, keepLateWrites, leaveSite, stepDown } from '../moves/step-down.ts'
import {
  askBeforeClaim,
  type Chosen,
  checkOwnerDead,
  chooseNewestWhole,
  chooseReleasedSet,
  claimSite,
  confirmLoss,
  decideByNight,
  isIncoming,
  isOlderHere,
  isOwnedHere,
  type Taken,
} from '../moves/takeover.ts'
import type { WriterRequest } from '../steps/archive.ts'
import { keepReadOnly } from '../steps/follow.ts'
import { rememberFormer } from '../steps/replica.ts'
import { dumpDatabase, isWordPress } from '../steps/save.ts'
import { checkSeals } from '../steps/seals.ts'
import { status } from '../steps/status.ts'
import { compareFiles, type ShrinkageRequest } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'
import { backUp, checkPrimary, saveSite } from './back-up.ts'
import { replaceReplica } from './replace-site.ts'

type HandsOver = NeedsOf<typeof checkPrimary> &
  NeedsOf<typeof confirmHandover> &
  Moving &
  Needs<'writer' | 'freeSpace'> &
  ShrinkageRequest & { readonly site: PrimarySite }

/** Its archive as the backup that was just made leaves it. */
const lookAgain = recipe<NeedsOf<typeof status>>().do(status).do(compareFiles)

/** What takes long is done before the freeze; a failure before the site is released thaws it. */
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
  .only('Taken', isTaken, taken => taken.do(leaveSite).do(rememberFormer))

type Takes = Needs<'host' | 'secrets' | 'request' | 'archive'> & WriterRequest & TakeoverRequest & Moving & Taken

/** The backup in place, asked, and only then claimed: what says that it is this host's works here. */
const restoreAndClaim = recipe<Takes & Needs<'siteArchive' | 'collection'> & Chosen>()
  .do(keepReadOnly)
  .only('Newer than the replica', isOlderHere, older => older.use(replaceReplica))
  .do(askBeforeClaim)
  .do(claimSite)
  .do(becomeOwner)
  .do(askAfterClaim)
  .do(adviseDns)

/** Takes a site over that was handed over to this host. */
export const takeOver = recipe<Takes>().do(status).do(checkSeals).do(chooseReleasedSet).use(restoreAndClaim)

/** The same of an owner that is dead: of what it left, the newest whole backup. */
export const takeByForce = recipe<Takes>()
  .do(status)
  .do(checkSeals)
  .do(checkOwnerDead)
  .do(chooseNewestWhole)
  .do(confirmLoss)
  .use(restoreAndClaim)

/** The same in a night, for a site that the archive says is this host's, or is released to it. */
export const takeIncoming = recipe<Omit<Takes, keyof Moving | keyof Taken> & Needs<'site'>>()
  .do(lookAtMove)
  .do(decideByNight)
  .only('Handed over', isIncoming, incoming => incoming.use(takeOver))
  .only('Cut off', isOwnedHere, owned => owned.do(becomeOwner))

/** What this host does with a site that another took over otherwise: it keeps what was written here, and follows. */
export const stepBack = recipe<NeedsOf<typeof status> & Forked & NeedsOf<typeof stepDown>>()
  .do(freezeLost)
  .do(status)
  .do(keepLateWrites)
  .do(stepDown)
