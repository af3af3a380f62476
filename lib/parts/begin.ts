import { recipe } from '../engine/recipe.ts'
import { lock, lockAndKeepTrace } from '../steps/lock.ts'
import { findSites } from '../steps/sites.ts'
import { rollBackInterrupted } from '../steps/undo.ts'
import type { Needs } from '../store/facts.ts'

type Begins = Needs<'host' | 'secrets' | 'request'>

/** How a run begins: one at a time, nothing left half restored, and the sites of this host. */
export const begin = recipe<Begins>().hold(lock).do(rollBackInterrupted).do(findSites)

/** The same for a run that makes no backup. */
export const beginWithoutBackup = recipe<Begins>().hold(lockAndKeepTrace).do(rollBackInterrupted).do(findSites)
