import type { TakeoverRequest } from '../core/move-request.ts'
import { recipe } from '../engine/recipe.ts'
import type { WriterRequest } from '../steps/archive.ts'
import { askAfterClaim, becomeOwner } from '../steps/become-owner.ts'
import { adviseDns } from '../steps/dns.ts'
import { lookAtMove, type Moving } from '../steps/move.ts'
import { checkSeals } from '../steps/seals.ts'
import { keepReadOnly } from '../steps/site-mode.ts'
import { status } from '../steps/status.ts'
import { checkOwnerDead, chooseNewestWhole, confirmLoss } from '../steps/take-by-force.ts'
import {
  askBeforeClaim,
  type Chosen,
  chooseReleasedSet,
  claimSite,
  decideByNight,
  isIncoming,
  isOlderHere,
  isOwnedHere,
  type Taken,
} from '../steps/takeover.ts'
import type { Needs } from '../store/facts.ts'
import { replaceReplica } from './replace-site.ts'

type Takes = Needs<'host' | 'secrets' | 'request' | 'archive'> & WriterRequest & TakeoverRequest & Moving & Taken

/** The backup in place, asked, and only then claimed: what is told to be this host's works here. */
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

/** The same in a night, for a site that the archive says is this host's, or is let go to it. */
export const takeIncoming = recipe<Omit<Takes, keyof Moving | keyof Taken> & Needs<'site'>>()
  .do(lookAtMove)
  .do(decideByNight)
  .only('Handed over', isIncoming, incoming => incoming.use(takeOver))
  .only('Cut off', isOwnedHere, owned => owned.do(becomeOwner))
