import { recipe } from '../engine/recipe.ts'
import { thawInterrupted } from '../moves/move.ts'
import { archiveMount, checkMount, checkWriter, type WriterRequest } from '../steps/archive.ts'
import { lock, lockAndKeepTrace, rollBackInterrupted } from '../steps/lock.ts'
import { findSitesToWorkOn } from '../steps/sites.ts'
import { vpn } from '../steps/vpn.ts'
import type { Needs } from '../store/facts.ts'

type Begins = Needs<'host' | 'secrets' | 'request'>

/** Nothing is left half restored, and no site frozen by a run that is no more. */
export const putBack = recipe<Begins>().do(rollBackInterrupted).do(findSitesToWorkOn).do(thawInterrupted)

/** How a run begins: one at a time, nothing left half restored, and the sites of this host. */
export const begin = recipe<Begins>().hold(lock).use(putBack)

/** The same for a run that makes no backup. */
export const beginWithoutBackup = recipe<Begins>().hold(lockAndKeepTrace).use(putBack)

type Opens = Needs<'host' | 'request' | 'interrupted'>

/** The way to the archive, and the proof that it is the one. */
export const openArchive = recipe<Opens>().hold(vpn).hold(archiveMount).do(checkMount)

/** The same for a run that makes backups: no other machine makes any under this host's name. */
export const openArchiveForBackup = recipe<Opens & WriterRequest>().use(openArchive).do(checkWriter)
