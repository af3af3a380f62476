import { recipe } from '../lib/engine/recipe.ts'
import { main, type Start } from '../lib/main.ts'
import { desktopTask } from '../lib/program/tasks.ts'
import { backup } from '../lib/steps/backup.ts'
import { checkMount } from '../lib/steps/check-mount.ts'
import { type ClockRequest, setFutureAside } from '../lib/steps/clock.ts'
import { compareFiles } from '../lib/steps/compare-files.ts'
import {
  beginTidying,
  compareWithArchive,
  type DesktopRequest,
  decideWork,
  hasWork,
  isBackup,
  isTidying,
  pruneOnceADay,
  tellNextDay,
  theDesktop,
} from '../lib/steps/desktop.ts'
import { checkEncryption, type EncryptionRequest } from '../lib/steps/encryption.ts'
import { checkExclusions } from '../lib/steps/exclusions.ts'
import { isArchiveFull } from '../lib/steps/free-space.ts'
import { inhibit } from '../lib/steps/inhibit.ts'
import { lock } from '../lib/steps/lock.ts'
import { archiveMount } from '../lib/steps/mount.ts'
import { isMadeInVain, readBackSet } from '../lib/steps/read-back-set.ts'
import { checkRoom } from '../lib/steps/room.ts'
import { status } from '../lib/steps/status.ts'
import { vpn } from '../lib/steps/vpn.ts'
import { checkWriter, type WriterRequest } from '../lib/steps/writer.ts'

// biome-ignore format: a recipe reads as a table of contents
const desktop = recipe<Start & DesktopRequest & WriterRequest & ClockRequest & EncryptionRequest>()
  .hold(lock)
  .do(decideWork)
  .only('Work', hasWork, work => work
    .each('Desktop', theDesktop, machine => machine
      .do(checkExclusions)
      .only('Tidying', isTidying, tidying => tidying.do(beginTidying))
      .hold(inhibit)
      .hold(vpn)
      .hold(archiveMount).do(checkMount).do(checkWriter)
      .do(status).do(setFutureAside).do(checkEncryption).do(compareFiles).do(checkRoom).do(compareWithArchive)
      .only('Backup day', isBackup, day => day
        .only('No room', isArchiveFull, full => full.do(pruneOnceADay))
        .do(backup).do(readBackSet)
        .only('Not as it was made', isMadeInVain, again => again.do(backup).do(readBackSet))
        .do(tellNextDay))
      .only('Other days', isTidying, day => day.do(pruneOnceADay))))

await main(desktopTask, desktop)
