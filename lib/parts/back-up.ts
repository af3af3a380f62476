import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import { checkDns, isDnsAwaited } from '../moves/checks.ts'
import { finishMove, liftGuard } from '../moves/move.ts'
import type { WriterRequest } from '../steps/archive.ts'
import type { backup } from '../steps/backup.ts'
import { checkFolder, checkSite, hasChanged, lookForChanges } from '../steps/check-site.ts'
import { checkEncryption, type EncryptionRequest } from '../steps/gpg.ts'
import { checkOwnership, claimSite } from '../steps/ownership.ts'
import { dumpDatabase, hasWebServer, isIncomplete, isWordPress, saveCertificates, saveWebServer } from '../steps/save.ts'
import { type ClockRequest, checkSeals, setFutureAside, setLostAside } from '../steps/seals.ts'
import { status } from '../steps/status.ts'
import { compareFiles, confirmShrinkage, isShrinkageAccepted, type ShrinkageRequest } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'

/** What of a site lies beside its files. A database that cannot be dumped keeps no files from their backup. */
export const saveSite = recipe<Needs<'host' | 'secrets' | 'request' | 'site'>>()
  .do(liftGuard)
  .do(checkSite)
  .attempt('WordPress', isWordPress, wordpress => wordpress.do(dumpDatabase), { databaseSaved: false })
  .only('Incomplete', isIncomplete, async incomplete =>
    incomplete.use((await import('./finish-configuration.ts')).finishConfiguration),
  )
  .do(saveCertificates)
  .only('Web server', hasWebServer, served => served.do(saveWebServer), { webServerSaved: false })

/** The site's archive as it is: its sets, their times, what encrypts them, and whether they are what was written. */
export const checkSets = recipe<
  Needs<'host' | 'secrets' | 'request' | 'archive' | 'site'> & ClockRequest & EncryptionRequest & WriterRequest
>()
  .do(status)
  .do(checkOwnership)
  .do(setLostAside)
  .do(checkSeals)
  .do(setFutureAside)
  .do(checkEncryption)
  .do(compareFiles)

/** The same of a site, whether it was being moved, and whether its folder holds what a backup is made of. */
export const checkPrimary = recipe<NeedsOf<typeof checkSets>>()
  .do(finishMove)
  .use(checkSets)
  .do(checkFolder)
  .only('DNS awaited', isDnsAwaited, awaited => awaited.do(checkDns))

/** Where something has changed, one set more. */
export const backUp = recipe<NeedsOf<typeof lookForChanges> & Omit<NeedsOf<typeof backup>, 'tree'> & ShrinkageRequest>()
  .do(claimSite)
  .do(lookForChanges)
  .only('Changed', hasChanged, async changed => changed.use((await import('./make-set.ts')).makeSet))
  .only('Shrinkage', isShrinkageAccepted, confirmed => confirmed.do(confirmShrinkage))
