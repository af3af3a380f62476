import { recipe } from '../engine/recipe.ts'
import { checkSite } from '../steps/check-site.ts'
import { isIncomplete } from '../steps/configuration.ts'
import { hasWebServer, saveCertificates, saveWebServer } from '../steps/save-configuration.ts'
import { dumpDatabase, isWordPress } from '../steps/save-database.ts'
import { liftGuard } from '../steps/site-mode.ts'
import type { Needs } from '../store/facts.ts'
import { finishConfiguration } from './finish-configuration.ts'

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
