import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import type { WriterRequest } from '../steps/archive.ts'
import { backup, mustBeRepeated, readBackSet } from '../steps/backup.ts'
import { hasChanged, lookForChanges } from '../steps/changes.ts'
import { type Checked, checkFolder, checkSite, recordAnswer } from '../steps/check-site.ts'
import { type ClockRequest, setFutureAside } from '../steps/clock.ts'
import { compareContents } from '../steps/compare-contents.ts'
import {
  type Changes,
  configurationTransaction,
  installConfiguration,
  isIncomplete,
  keepConfiguration,
  rememberLeft,
} from '../steps/configuration.ts'
import { checkDns, isDnsAwaited } from '../steps/dns.ts'
import { checkEncryption, type EncryptionRequest } from '../steps/gpg.ts'
import { setLostAside } from '../steps/lost-sets.ts'
import { settleOwned } from '../steps/move.ts'
import { checkOwnership, claimSite } from '../steps/ownership.ts'
import { hasWebServer, saveCertificates, saveWebServer } from '../steps/save-configuration.ts'
import { dumpDatabase, isWordPress } from '../steps/save-database.ts'
import { checkSeals } from '../steps/seals.ts'
import { liftGuard } from '../steps/site-mode.ts'
import { status } from '../steps/status.ts'
import { checkShrinkage, compareFiles, confirmShrinkage, isShrinkageAccepted, type ShrinkageRequest } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'

/**
 * Certificates and web server configuration that an earlier restore could not put in force: tried again, all or
 * nothing; what was in force is kept.
 */
export const finishConfiguration = recipe<Changes>()
  .hold(configurationTransaction)
  .do(installConfiguration)
  .do(rememberLeft)
  .do(keepConfiguration)

/**
 * Whether the site works, and what of it lies beside its files, as it is right before the backup. A database that
 * cannot be dumped keeps no files from it.
 */
export const saveSite = recipe<Needs<'host' | 'secrets' | 'request' | 'site'>>()
  .do(liftGuard)
  .do(checkSite)
  .attempt('WordPress', isWordPress, wordpress => wordpress.do(dumpDatabase), { databaseSaved: false })
  .only('Incomplete', isIncomplete, incomplete => incomplete.use(finishConfiguration))
  .do(saveCertificates)
  .only('Web server', hasWebServer, served => served.do(saveWebServer), { webServerSaved: false })

/**
 * The site's archive as it is: its sets, their times, what they are encrypted with, and whether they are what was
 * written.
 */
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
  .do(settleOwned)
  .use(checkSets)
  .do(checkFolder)
  .only('DNS awaited', isDnsAwaited, awaited => awaited.do(checkDns))

const makeSet = recipe<NeedsOf<typeof backup> & Checked>()
  .do(backup)
  .do(compareContents)
  .do(checkShrinkage)
  .do(recordAnswer)
  .do(readBackSet)

/**
 * Where something has changed, one set more, compared with those before and read back; a new chain at once where it was
 * made in vain.
 */
export const backUp = recipe<NeedsOf<typeof lookForChanges> & Omit<NeedsOf<typeof backup>, 'tree'> & ShrinkageRequest>()
  .do(claimSite)
  .do(lookForChanges)
  .only('Changed', hasChanged, changed =>
    changed.use(makeSet).only('Read back differs', mustBeRepeated, again => again.use(makeSet)),
  )
  .only('Shrinkage', isShrinkageAccepted, confirmed => confirmed.do(confirmShrinkage))
