import { join } from 'node:path'
import { printTime, restorePoints } from '../core/restore-point.ts'
import { formatBytes, messageOf } from '../core/wording.ts'
import { fetchTree } from '../duplicity/io/fetch.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { COMPANION } from '../host/companion.ts'
import { makeScratch } from '../host/scratch.ts'
import { collectLateWrites } from '../restore/late-writes.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'

/** Others took a site of this host over. */
export interface Forked {
  /** The set that they took it from (ms since the epoch), and who did. */
  readonly fork: { readonly since: number; readonly by: string }
}

type Keeps = LookNeeds & Needs<'collection'> & Forked

/**
 * Keeps what was written on a site here after others took it over, before anything of it is replaced, and names it: it
 * is in no backup, and a person has to merge it.
 */
export const keepLateWrites: Step<Keeps, void> = {
  name: 'late-writes',
  title: ({ site, fork }) => `Look for what was written in ${site.name} after ${fork.by} took it over`,
  run: async (facts, shell) => {
    const { host, secrets, site, fork } = facts
    if (!site.local) return
    await shell.act(`keep what was written in ${site.name} after ${fork.by} took it over`, async () => {
      await using scratch = makeScratch(host)
      const tree = await dumpsOf(facts, scratch.path, shell)
      const { text, path, bytes, left } = await collectLateWrites({ host, secrets, shell }, site, { ...fork, tree })
      const when = `after ${fork.by} took it over from the backup of ${printTime(fork.since)}`
      if (text === '') shell.note('info', `nothing was found that was written here ${when}`)
      else {
        const kept = `kept in ${path} (${formatBytes(bytes)}) for ${host.keepChanges.days} days, to be merged by a person`
        shell.note('problem', `written here ${when}, and in no backup: ${text}; ${kept}`)
      }
      for (const each of left) shell.note('problem', `what was written here ${when} is not known in all: ${each}`)
    })
  },
}

/** A folder with the dumps of the set that others took, as it is in the archive; else those that this host has. */
async function dumpsOf(facts: Keeps, scratch: string, shell: Shell): Promise<string> {
  const { host, secrets, site, siteArchive, collection, fork } = facts
  const point = restorePoints(collection).find(({ time }) => time === fork.since)
  try {
    if (!point) throw new Error('it is not in the archive any more')
    const common = { host, secrets, site: site.name, archive: siteArchive, collection, point }
    await fetchTree({ ...common, path: COMPANION, into: join(scratch, 'taken', COMPANION) }, shell)
    return join(scratch, 'taken')
  } catch (error) {
    if (shell.stop.aborted) throw error
    const instead = 'compared with the dump that this host made last'
    shell.note('warning', `the dump of the backup of ${printTime(fork.since)} cannot be read: ${messageOf(error)}; ${instead}`)
    return site.folder
  }
}
