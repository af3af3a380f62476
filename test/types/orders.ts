/** The orders that the steps themselves ask for: each chain that must not compile differs in one thing from one that does. Read by `tsc --noEmit`. */
import { recipe } from '../../lib/engine/recipe.ts'
import type { NeedsOf } from '../../lib/engine/step.ts'
import type { Start } from '../../lib/main.ts'
import { backUp, checkSets, saveSite } from '../../lib/parts/back-up.ts'
import { begin, openArchive, openArchiveForBackup } from '../../lib/parts/begin.ts'
import { backUpDesktop, checkDesktop } from '../../lib/parts/desktop.ts'
import { replaceReplica, type restoreInPlace } from '../../lib/parts/replace-site.ts'
import { archiveMount, checkFreeSpace, checkMount, checkWriter, type WriterRequest } from '../../lib/steps/archive.ts'
import { backup, readBackSet } from '../../lib/steps/backup.ts'
import { checkDatabase } from '../../lib/steps/check-database.ts'
import { installSystemFiles, readSystemFiles, rememberLeft, setMarkers } from '../../lib/steps/configuration.ts'
import { pruneOnceADay, theDesktop, type Work } from '../../lib/steps/desktop.ts'
import { checkEncryption, type EncryptionRequest } from '../../lib/steps/gpg.ts'
import { lookAtRecovered, lookAtReplica } from '../../lib/steps/list-restored.ts'
import { lock } from '../../lib/steps/lock.ts'
import { checkOwnership } from '../../lib/steps/ownership.ts'
import { prune } from '../../lib/steps/prune.ts'
import { confirm } from '../../lib/steps/recover.ts'
import { databaseDiffers } from '../../lib/steps/replica.ts'
import { commit, httpCheckAfter, httpCheckBefore, restoreSpace, restoreTransaction, swapIn } from '../../lib/steps/restore.ts'
import { checkFiles, importDatabase, restoreFiles } from '../../lib/steps/restore-data.ts'
import { dumpDatabase, hasWebServer, isWordPress, saveCertificates, saveWebServer } from '../../lib/steps/save.ts'
import { type ClockRequest, setFutureAside } from '../../lib/steps/seals.ts'
import { decideRoles, primaries, replicas } from '../../lib/steps/sites.ts'
import { status } from '../../lib/steps/status.ts'
import { chooseKept, swapBack, undoTransaction } from '../../lib/steps/undo.ts'
import type { ShrinkageRequest } from '../../lib/steps/verify.ts'
import { vpn } from '../../lib/steps/vpn.ts'

declare const gives: <Facts extends object>() => { name: ''; title: ''; run: () => Promise<Facts> }
const always = () => ({})

// the way to the archive
type Night = Start & WriterRequest & ClockRequest & EncryptionRequest & ShrinkageRequest
const begun = recipe<Night>().use(begin)
const connected = begun.hold(vpn)
const mounted = connected.hold(archiveMount)
const proven = mounted.do(checkMount)
const decided = proven.do(checkWriter).do(decideRoles)
const ready = decided.do(checkFreeSpace)
// @ts-expect-error the VPN before the lock
recipe<Night>().hold(vpn).hold(archiveMount)
// @ts-expect-error the mount before the VPN that its share may lie behind
begun.hold(archiveMount)
// @ts-expect-error check-mount before the mount
connected.do(checkMount)
// @ts-expect-error the roles before check-mount: an empty mount point has no markers
mounted.do(decideRoles)
// @ts-expect-error the roles before the sites are found
recipe<Night>().hold(lock).use(openArchive).do(decideRoles)
// @ts-expect-error the room for full backups before the roles: it is reckoned from the sites of this host
proven.do(checkFreeSpace)
// @ts-expect-error sites before their roles are decided
proven.each('Primary sites', primaries, site => site)

// a site's backup
ready.each('Primary sites', primaries, site => site.use(checkSets).do(prune).use(saveSite).use(backUp))
// @ts-expect-error a backup before the database, the certificates and the web server are saved
ready.each('Primary sites', primaries, site => site.use(checkSets).do(prune).use(backUp).use(saveSite))
// @ts-expect-error a backup before its archive is looked at
ready.each('Primary sites', primaries, site => site.use(saveSite).use(backUp))
// @ts-expect-error a backup before its site is known
ready.use(backUp)
// @ts-expect-error a backup before the free space is known
decided.each('Primary sites', primaries, site => site.use(checkSets).use(saveSite).use(backUp))
const unclaimed = proven.do(decideRoles).do(checkFreeSpace)
// @ts-expect-error a backup before it is known that no other machine writes under this name
unclaimed.each('Primary sites', primaries, site => site.use(checkSets).use(saveSite).use(backUp))
// @ts-expect-error pruning before that is known
unclaimed.each('Primary sites', primaries, site => site.use(checkSets).do(prune))
// @ts-expect-error pruning before the free space is known
decided.each('Primary sites', primaries, site => site.use(checkSets).do(prune))
// @ts-expect-error a backup among the replicas: another host's site is not backed up here
ready.each('Replica sites', replicas, site => site.use(checkSets).use(saveSite).use(backUp))
// @ts-expect-error a replica is replaced only when it is behind
ready.each('Replica sites', replicas, site => site.use(checkSets).use(replaceReplica))
const numbered = gives<{ site: number }>()
// @ts-expect-error a number is no site any more
ready.each('Primary sites', primaries, site => site.use(checkSets).use(saveSite).do(numbered).use(backUp))

// what lies beside the files is saved before it
type Unsaved = Omit<NeedsOf<typeof backup>, 'databaseSaved' | 'certificatesSaved' | 'webServerSaved'> & Needs
type Needs = NeedsOf<typeof saveSite>
const dumped = recipe<Unsaved>().attempt('WordPress', isWordPress, site => site.do(dumpDatabase), { databaseSaved: false })
const copied = dumped.do(saveCertificates)
const savedAll = copied.only('Web server', hasWebServer, served => served.do(saveWebServer), { webServerSaved: false })
savedAll.do(backup).do(readBackSet)
// @ts-expect-error a backup before the web server's configuration is saved
copied.do(backup)
const uncertified = dumped.only('Web server', hasWebServer, served => served.do(saveWebServer), { webServerSaved: false })
// @ts-expect-error a backup before the certificates are saved
uncertified.do(backup)
const forgotten = recipe<Unsaved>()
  .attempt('WordPress', isWordPress, site => site.do(dumpDatabase))
  .do(saveCertificates)
const undumped = forgotten.only('Web server', hasWebServer, served => served.do(saveWebServer), { webServerSaved: false })
// @ts-expect-error a backup whose database may have been dumped, or not: nobody says which
undumped.do(backup)
// @ts-expect-error a block that says how it is otherwise, and whose steps do not say how it is
recipe<Unsaved>().attempt('WordPress', isWordPress, site => site, { databaseSaved: false })
// @ts-expect-error a dump outside of the condition that finds its wp-config.php
recipe<Unsaved>().do(dumpDatabase)
// @ts-expect-error a backup that is not read back
ready.each('Primary sites', primaries, site => site.use(checkSets).use(saveSite).do(backup))

// with what it encrypts is known before
const known = ready.each('Primary sites', primaries, site =>
  site.do(status).do(checkOwnership).do(checkEncryption).use(saveSite).use(backUp),
)
// @ts-expect-error a backup without a look at what its chain is encrypted with
known.each('Primary sites', primaries, site => site.do(status).do(checkOwnership).do(setFutureAside).use(saveSite).use(backUp))
// @ts-expect-error a backup before that look
known.each('Primary sites', primaries, site => site.do(status).do(checkOwnership).use(saveSite).use(backUp).do(checkEncryption))
// @ts-expect-error a backup before it is known that the site is this host's
known.each('Primary sites', primaries, site => site.do(status).do(checkEncryption).use(saveSite).use(backUp))

// a desktop's
const desktop = recipe<Night & Work & NeedsOf<typeof openArchive>>().use(openArchiveForBackup)
desktop.each('Desktop', theDesktop, machine => machine.use(checkDesktop).do(pruneOnceADay).use(backUpDesktop))
// @ts-expect-error its room is looked at before
desktop.each('Desktop', theDesktop, machine => machine.use(checkSets).use(backUpDesktop))
// @ts-expect-error pruning of a desktop on a site
ready.each('Primary sites', primaries, site => site.use(checkSets).do(pruneOnceADay))

// a restore that replaces a site
type Replaces = NeedsOf<typeof replaceReplica> & NeedsOf<typeof restoreInPlace>
const roomy = recipe<Replaces>().hold(restoreSpace('recover'))
const transaction = roomy.hold(restoreTransaction('recover'))
const files = transaction.do(restoreFiles).do(lookAtRecovered).do(checkFiles)
const marked = files.do(setMarkers)
const whole = marked.only('Database', databaseDiffers, site => site.do(importDatabase).do(checkDatabase), {
  databaseChecked: false,
  made: {},
})
const read = whole.do(readSystemFiles)
const asked = read.do(httpCheckBefore)
const swapped = asked.do(swapIn)
const works = swapped.do(httpCheckAfter)
works.do(commit)
// @ts-expect-error the live site is swapped back in by a second swap
swapped.do(swapIn)
// @ts-expect-error and by one after the commit
works.do(commit).do(swapIn)
// @ts-expect-error a second commit
works.do(commit).do(commit)
// @ts-expect-error a question before it is known whether there is room
recipe<Replaces>().do(confirm)
// @ts-expect-error a transaction before it is known whether there is room
recipe<Replaces>().hold(restoreTransaction('recover'))
// @ts-expect-error the room of a recovery in a replica's transaction
recipe<Replaces>().hold(restoreSpace('recover')).hold(restoreTransaction('replica'))
// @ts-expect-error and the other way round
recipe<Replaces>().hold(restoreSpace('replica')).hold(restoreTransaction('recover'))
// @ts-expect-error a list of a replica's files before it is known whether they were made of its last tree
transaction.do(restoreFiles).do(lookAtReplica)
// @ts-expect-error files without a transaction
roomy.do(restoreFiles)
// @ts-expect-error a swap before the site was asked: nobody would know that it worked
read.do(swapIn)
const databaseChecked = gives<{ databaseChecked: boolean }>()
const unchecked = transaction.do(restoreFiles).do(setMarkers).do(databaseChecked).do(readSystemFiles).do(httpCheckBefore)
// @ts-expect-error a swap before the files were checked
unchecked.do(swapIn)
// @ts-expect-error a swap before the database was checked
marked.do(readSystemFiles).do(httpCheckBefore).do(swapIn)
// @ts-expect-error a database that is imported and not checked
marked.only('Database', databaseDiffers, site => site.do(importDatabase), { databaseChecked: false })
// @ts-expect-error a check of a database that is not imported
marked.only('Database', databaseDiffers, site => site.do(checkDatabase), { databaseChecked: false, made: {} })
const unmarked = files.do(databaseChecked).do(readSystemFiles).do(httpCheckBefore)
// @ts-expect-error a swap before the marker says whose the site is
unmarked.do(swapIn)
// @ts-expect-error a swap before certificates and configuration were read
whole.do(httpCheckBefore).do(swapIn)
// @ts-expect-error the second question before the swap
asked.do(httpCheckAfter)
// @ts-expect-error a commit before the second question
swapped.do(commit)
recipe<Replaces>().only('In place', always, site => site.use(works).do(commit))
// @ts-expect-error a transaction without its commit
recipe<Replaces>().only('In place', always, site => site.use(works))
const installed = swapped.do(installSystemFiles).do(httpCheckAfter)
recipe<Replaces>().only('In place', always, site => site.use(installed).do(rememberLeft).do(commit))
// @ts-expect-error configuration that was put in force, and what is left of it not remembered
recipe<Replaces>().only('In place', always, site => site.use(installed).do(commit))

// an undo
const kept = recipe<NeedsOf<typeof chooseKept> & Start>().do(chooseKept).hold(undoTransaction)
kept.do(httpCheckBefore).do(swapBack).do(httpCheckAfter).do(commit)
// @ts-expect-error a second swap
kept.do(httpCheckBefore).do(swapBack).do(swapBack)
// @ts-expect-error a swap before the site was asked
kept.do(swapBack)
// @ts-expect-error a commit before the second question
kept.do(httpCheckBefore).do(swapBack).do(commit)
