import { recipe } from '../engine/recipe.ts'
import { thawInterrupted } from '../steps/become-owner.ts'
import { lock, lockAndKeepTrace } from '../steps/lock.ts'
import { findSites } from '../steps/sites.ts'
import { rollBackInterrupted } from '../steps/undo.ts'
import type { Needs } from '../store/facts.ts'

type Begins = Needs<'host' | 'secrets' | 'request'>

/** Nothing is left half restored, and no site frozen by a run that is no more. */
export const putBack = recipe<Begins>().do(rollBackInterrupted).do(findSites).do(thawInterrupted)

/** How a run begins: one at a time, nothing left half restored, and the sites of this host. */
export const begin = recipe<Begins>().hold(lock).use(putBack)

/** The same for a run that makes no backup. */
export const beginWithoutBackup = recipe<Begins>().hold(lockAndKeepTrace).use(putBack)
