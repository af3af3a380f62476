import { recipe } from '../lib/engine/recipe.ts'
import { main, type Start } from '../lib/main.ts'
import { nightlyTask } from '../lib/program/tasks.ts'
import { auditFiles, chooseFiles, siteAudits } from '../lib/steps/audit.ts'
import { backup } from '../lib/steps/backup.ts'
import { saveCertificates } from '../lib/steps/certs.ts'
import { checkMount } from '../lib/steps/check-mount.ts'
import { type ClockRequest, setFutureAside } from '../lib/steps/clock.ts'
import { compareFiles } from '../lib/steps/compare-files.ts'
import { dumpDatabase, isWordPress } from '../lib/steps/db-dump.ts'
import { checkDecryption, checkEncryption, type EncryptionRequest } from '../lib/steps/encryption.ts'
import { checkFreeSpace } from '../lib/steps/free-space.ts'
import { checkSite, recordAnswer } from '../lib/steps/http-check.ts'
import { lock } from '../lib/steps/lock.ts'
import { archiveMount } from '../lib/steps/mount.ts'
import { prune } from '../lib/steps/prune.ts'
import { isMadeInVain, readBackSet } from '../lib/steps/read-back-set.ts'
import { isBehind } from '../lib/steps/restore/choose.ts'
import { databaseDiffers, guardEdits, rememberReplica } from '../lib/steps/restore/edit-guard.ts'
import { checkFiles, restoreFiles } from '../lib/steps/restore/files.ts'
import { finishIncomplete, isIncomplete } from '../lib/steps/restore/finish-configuration.ts'
import { checkContents, chooseNewest, rememberContents } from '../lib/steps/restore/hold-back.ts'
import { keepUnread } from '../lib/steps/restore/keep-unread.ts'
import { lookForRoom } from '../lib/steps/restore/look-for-room.ts'
import { settleMarkers } from '../lib/steps/restore/markers.ts'
import { mendRestores } from '../lib/steps/restore/mend.ts'
import { putLive } from '../lib/steps/restore/put-live.ts'
import { refuseMounts } from '../lib/steps/restore/refuse-mounts.ts'
import { checkShadow, importShadow } from '../lib/steps/restore/shadow.ts'
import { restoreTransaction } from '../lib/steps/restore/transaction.ts'
import { decideRoles, primaries, replicas } from '../lib/steps/roles.ts'
import { confirmShrinkage, isShrinkageAccepted, noticeShrinkage, type ShrinkageRequest } from '../lib/steps/shrinkage.ts'
import { findSites } from '../lib/steps/sites.ts'
import { status } from '../lib/steps/status.ts'
import { vpn } from '../lib/steps/vpn.ts'
import { hasWebServer, saveWebServer } from '../lib/steps/web-server.ts'
import { checkWriter, type WriterRequest } from '../lib/steps/writer.ts'

// biome-ignore format: a recipe reads as a table of contents, one stage a line
const nightly = recipe<Start & WriterRequest & ShrinkageRequest & ClockRequest & EncryptionRequest>()
  .hold(lock)
  .do(mendRestores)
  .do(findSites)
  .hold(vpn)
  .hold(archiveMount)
  .do(checkMount).do(checkWriter)
  .do(decideRoles)
  .do(checkFreeSpace)
  .each('Primary sites', primaries, site => site
    .do(status).do(setFutureAside).do(checkEncryption).do(compareFiles)
    .do(prune).do(checkSite)
    .attempt('WordPress', isWordPress, wordpress => wordpress.do(dumpDatabase))
    .only('Incomplete', isIncomplete, incomplete => incomplete.use(finishIncomplete))
    .do(saveCertificates)
    .only('Web server', hasWebServer, served => served.do(saveWebServer))
    .do(backup).do(noticeShrinkage).do(recordAnswer).do(readBackSet)
    .only('Not as it was made', isMadeInVain, again => again.do(backup).do(noticeShrinkage).do(recordAnswer).do(readBackSet))
    .only('Shrinkage', isShrinkageAccepted, confirmed => confirmed.do(confirmShrinkage)))
  .each('Replica sites', replicas, site => site
    .do(status).do(chooseNewest)
    .only('Incomplete', isIncomplete, incomplete => incomplete.use(finishIncomplete))
    .only('Newer in the archive', isBehind, behind => behind
      .do(checkDecryption).do(refuseMounts).do(lookForRoom('replica'))
      .hold(restoreTransaction('replica'))
      .do(guardEdits)
      .do(restoreFiles).do(keepUnread).do(checkFiles).do(checkContents).do(settleMarkers)
      .only('Database', databaseDiffers, database => database.do(importShadow).do(checkShadow))
      .use(putLive).do(rememberContents).do(rememberReplica)))
  .do(chooseFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))

await main(nightlyTask, nightly)
