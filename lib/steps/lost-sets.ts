import { join } from 'node:path'
import { counted, messageOf } from '../core/wording.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import type { Step } from '../engine/step.ts'
import { listingReport } from '../site/report.ts'
import type { Needs } from '../store/facts.ts'
import { sealRemoval } from '../store/seals.ts'
import { asideFolder, moveAside } from '../store/set-aside.ts'

type Aside = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection' | 'limits' | 'ownership'>

/**
 * Sets aside what a former owner added after it had lost the site. Nobody counts it, but duplicity would: it would add
 * to it, and find two chains for one day. Nothing is deleted.
 */
export const setLostAside: Step<Aside, Needs<'collection'>> = {
  name: 'lost-sets',
  title: 'Check for backups of a former owner',
  run: async (facts, shell) => {
    const { siteArchive, collection } = facts
    const { lost = [] } = collection
    if (lost.length === 0 || siteArchive.folder === undefined) return { collection }
    const folder = asideFolder(shell.now())
    await sealRemoval(facts, lost, shell).catch(error => {
      if (shell.stop.aborted) throw error
      shell.note('info', `that they are set aside is not sealed: ${messageOf(error)}`)
    })
    const names = lost.map(({ name }) => name)
    await moveAside({ ...siteArchive, folder: siteArchive.folder }, names, folder, shell)
    const where = join(siteArchive.folder, folder)
    shell.note(
      'significant',
      `${counted(names.length, 'file')} that a former owner added after it had lost the site are no backup of it, and were set aside: they are in ${where}`,
    )
    const after = await readCollection(facts, shell)
    shell.tell(listingReport({ ...facts, collection: after }, shell.now()))
    return { collection: after }
  },
}
