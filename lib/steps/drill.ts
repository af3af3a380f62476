import { drillFinding, drillText, pointToDrill } from '../core/drill.ts'
import type { SetTest } from '../core/page.ts'
import { printTime, restorePoints } from '../core/restore-point.ts'
import { messageOf } from '../core/wording.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import type { Step } from '../engine/step.ts'
import { readRecord, updateRecord } from '../host/records.ts'
import { rememberOrTell } from '../host/state.ts'
import { questionInSandbox } from '../restore-test/question.ts'
import { recordTest, testRestore } from '../restore-test/test-restore.ts'
import { siteArchiveOf } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'

type Drills = Needs<'host' | 'secrets' | 'request' | 'archive'>

/**
 * Restores a backup of the site into a sandbox and asks it there. What it finds is written down beside the set. That a
 * backup cannot be restored, or its site works no more when it is, is a problem; that it could not be tried is none.
 */
export const restoreDrill: Step<Drills & Needs<'site'>, void> = {
  name: 'restore-drill',
  title: ({ site }) => `Restore a backup of ${site.name} into a sandbox`,
  run: async ({ host, secrets, request, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const points = restorePoints(collection)
    const last = readRecord(host, site.name).drill
    const chosen = pointToDrill(points, last)
    if (!chosen) return shell.note('info', 'there is no backup to restore')
    const { point, newest } = chosen
    const name = `the backup of ${printTime(point.time)}`
    if (request.dryRun) return shell.note('info', `would restore ${name} into a sandbox and ask it`)
    const drill = { ...last, triedAt: shell.now(), newest }
    rememberOrTell(shell, 'that its turn has come', () => updateRecord(host, site.name, { drill }))
    const facts = { host, secrets, site, siteArchive, collection, point }
    try {
      const test = await testRestore(facts, { question: questionInSandbox(host, site), judge: undefined }, host.drillTime, shell)
      if (!test) return
      const text = drillText(point, test)
      await recordTest(host, siteArchive, point.time, test, shell)
      // one of a site that was broken when it was made is as it should be
      const didWork = point.set.answer?.works !== false && points.some(({ set }) => set.tested?.works)
      const now = { ...drill, doneAt: shell.now(), said: text, isProblem: isProblem(test, didWork) }
      rememberOrTell(shell, 'the restore drill', () => updateRecord(host, site.name, { drill: now }))
      shell.tell({ site: site.name, drilledAt: now.doneAt, drillProblem: drillFinding(now), ...(test.works && { drill: text }) })
      shell.note(test.works || now.isProblem ? 'info' : 'warning', `restore drill of ${text}`)
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('warning', `no restore drill of ${name}: ${messageOf(error)}`)
    }
  },
}

/**
 * A site that needs more than PHP and its database, as another server, works in no sandbox: only where one of its
 * backups did, or where its database cannot be brought back, it is the backup's fault.
 */
const isProblem = ({ works, restored, said }: SetTest, didWork: boolean): boolean =>
  !works && (didWork || restored === undefined || said.startsWith('its dump'))
