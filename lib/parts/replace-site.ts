import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import type { Recovery, Scope } from '../restore/recovery.ts'
import type { RestoreTask } from '../restore/transaction.ts'
import { checkDatabase } from '../steps/check-database.ts'
import { installSystemFiles, readSystemFiles, rememberLeft, setMarkers } from '../steps/configuration.ts'
import { checkElsewhere, restoreFilesElsewhere } from '../steps/elsewhere.ts'
import type { Followed } from '../steps/follow.ts'
import { checkDecryption } from '../steps/gpg.ts'
import { lookAtRecovered, lookAtReplica } from '../steps/list-restored.ts'
import { confirm, reportRecovered } from '../steps/recover.ts'
import { rememberReplay, replayFiles } from '../steps/replay.ts'
import {
  checkContents,
  checkLocalChanges,
  databaseDiffers,
  keepUnread,
  rememberContents,
  rememberReplica,
} from '../steps/replica.ts'
import {
  checkSpaceElsewhere,
  commit,
  httpCheckAfter,
  httpCheckBefore,
  type Insisting,
  refuseMounts,
  restoreSpace,
  restoreTransaction,
  swapIn,
} from '../steps/restore.ts'
import { checkFiles, importDatabase, restoreFiles } from '../steps/restore-data.ts'
import { chooseKept, chooseLocalSite, swapBack, undoTransaction } from '../steps/undo.ts'
import type { Needs } from '../store/facts.ts'

/** A site, and the backup of it that takes its place. */
type Replaces = NeedsOf<typeof checkDecryption> & NeedsOf<typeof restoreFiles> & Needs<'request'> & Insisting & { scope: Scope }

/** Before anything is fetched: it can be decrypted and put in place, and there is room for it. */
const checkBefore = <Task extends RestoreTask>(task: Task) =>
  recipe<Omit<Replaces, 'restoring'>>().do(checkDecryption).do(refuseMounts).hold(restoreSpace(task))

/** What was restored changes places with the live site; one that then works no more is put back. */
const putInPlace = recipe<Replaces & NeedsOf<typeof databaseDiffers> & { markerSet: true }>()
  .only('Database', databaseDiffers, database => database.do(importDatabase).do(checkDatabase), {
    databaseChecked: false,
    made: {},
  })
  .do(readSystemFiles)
  .do(httpCheckBefore)
  .do(swapIn)
  .do(installSystemFiles)
  .do(httpCheckAfter)
  .do(rememberLeft)
  .do(commit)

/** Replaces this host's own site by a backup, when a person says so. */
export const restoreInPlace = recipe<Omit<Replaces, 'restoring'> & Needs<'collection'> & { recovery: Recovery }>()
  .use(checkBefore('recover'))
  .do(confirm)
  .hold(restoreTransaction('recover'))
  .do(restoreFiles)
  .do(lookAtRecovered)
  .do(checkFiles)
  .do(setMarkers)
  .use(putInPlace)
  .do(reportRecovered)

/** What somebody changed in it is kept, and a backup that has lost most of its contents is not followed. */
export const replaceReplica = recipe<Omit<Replaces, 'restoring'> & Followed>()
  .use(checkBefore('replica'))
  .hold(restoreTransaction('replica'))
  .do(replayFiles)
  .do(checkLocalChanges)
  .do(keepUnread)
  .do(setMarkers)
  .do(lookAtReplica)
  .do(checkFiles)
  .do(checkContents)
  .use(putInPlace)
  .do(rememberContents)
  .do(rememberReplica)
  .do(rememberReplay)

/** Swaps back what the last restore replaced. */
export const undoRestore = recipe<NeedsOf<typeof chooseLocalSite> & Needs<'secrets'> & { recovery: Recovery }>()
  .do(chooseLocalSite)
  .do(chooseKept)
  .do(confirm)
  .hold(undoTransaction)
  .do(httpCheckBefore)
  .do(swapBack)
  .do(httpCheckAfter)
  .do(commit)

/** Restores into another folder, and touches nothing live. */
export const restoreElsewhere = recipe<NeedsOf<typeof checkDecryption> & NeedsOf<typeof restoreFilesElsewhere>>()
  .do(checkDecryption)
  .do(checkElsewhere)
  .do(checkSpaceElsewhere)
  .do(restoreFilesElsewhere)
