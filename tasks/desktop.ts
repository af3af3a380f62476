import { recipe } from '../lib/engine/recipe.ts'
import { main, type StartOf } from '../lib/main.ts'
import { openArchiveForBackup } from '../lib/parts/begin.ts'
import { auditDesktop, backUpDesktop, checkDesktop, prepareDesktop } from '../lib/parts/desktop.ts'
import { desktopTask } from '../lib/program/tasks.ts'
import { isArchiveFull } from '../lib/steps/archive.ts'
import { decideWork, hasWork, isBackup, isTidying, pruneOnceADay, reportNextDay, theDesktop } from '../lib/steps/desktop.ts'
import { lock } from '../lib/steps/lock.ts'

// biome-ignore format: a recipe reads as a table of contents
const desktop = recipe<StartOf<typeof desktopTask>>()
  .hold(lock)
  .do(decideWork)
  .only('Work', hasWork, work => work
    .each('Desktop', theDesktop, machine => machine
      .use(prepareDesktop)
      .use(openArchiveForBackup)
      .use(checkDesktop)
      .only('Backup day', isBackup, day => day
        .only('Archive full', isArchiveFull, full => full.do(pruneOnceADay))
        .use(backUpDesktop)
        .do(reportNextDay)
        .use(auditDesktop))
      .only('Other days', isTidying, day => day.do(pruneOnceADay).use(auditDesktop))))

await main(desktopTask, desktop)
