import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import { checkStillOwner, NotOwner, OwnerUnknown } from '../../store/epochs.ts'
import type { Needs } from '../../store/facts.ts'
import { asideFolder, moveAside } from '../../store/set-aside.ts'
import { parseName } from '../names.ts'
import { targetOf } from './call.ts'
import { listArchive } from './collection.ts'

type Made = Needs<'host' | 'site' | 'siteArchive' | 'collection'>

/**
 * Looks once more whether the site is this host's, before a set counts that was just made. Where another host has taken
 * it, the set is set aside, as the new owner would do.
 * @param facts with the collection from before the backup @throws {NotOwner} when it is another's
 */
export async function withdrawIfLost(facts: Made, shell: Shell): Promise<void> {
  try {
    await checkStillOwner(facts.siteArchive, facts.host, shell)
  } catch (error) {
    if (error instanceof NotOwner && !(error instanceof OwnerUnknown)) await withdraw(facts, shell)
    throw error
  }
}

/** What was added is known by duplicity's own copies on this host. Nobody counts it, where it cannot be moved. */
async function withdraw({ host, site, siteArchive, collection }: Made, shell: Shell): Promise<void> {
  const { folder, prefix } = siteArchive
  if (folder === undefined) return
  try {
    const timeOf = (name: string): number | undefined => parseName(name, prefix)?.time
    const before = new Set(collection.files.map(({ name }) => timeOf(name)))
    const copies = await readdir(targetOf(host, site.name, siteArchive, 'backup').archiveDir)
    const added = new Set(copies.map(timeOf).filter(time => time !== undefined && !before.has(time)))
    const names = (await listArchive(siteArchive, shell)).map(({ name }) => name).filter(name => added.has(timeOf(name)))
    if (names.length === 0) return
    const aside = asideFolder(shell.now())
    await moveAside({ ...siteArchive, folder }, names, aside, shell)
    shell.note('significant', `what this run added to the archive is no backup of the site: it is in ${join(folder, aside)}`)
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('warning', `what this run added to the archive could not be taken out again: ${messageOf(error)}`)
  }
}
