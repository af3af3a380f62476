import { parseInterval } from '../core/age.ts'
import { messageOf } from '../core/message.ts'
import { printTime } from '../core/restore-point.ts'
import type { SetRecord } from '../core/set-record.ts'
import { contentsOf, isUnconfirmed, newestConfirmed, shrinkageOf, shrinkageText } from '../core/shrinkage.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { readRecord, type SiteRecord, updateRecord } from '../host/site-record.ts'
import { rememberOrTell } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'
import { readSetRecords, recordSet } from '../store/set-records.ts'
import type { Made } from './read-back-set.ts'

/** What the command line says of sites that have shrunk. */
export interface ShrinkageRequest {
  /** What the named sites have lost is right. */
  readonly acceptShrinkage: boolean
}

export const acceptAfterOf = ({ acceptAfter }: Host): number => parseInterval(acceptAfter) * 1000

/**
 * Compares the set that was just made with the newest one before it that shows the site as it should be. What is wrong is remembered, and written down beside the set at once, for the
 * replicas heed it. The backup is good without: where nothing can be read, nothing is compared.
 */
export const checkShrinkage: Step<Needs<'host' | 'site' | 'siteArchive'> & Made, Made> = {
  name: 'shrinkage',
  title: 'Check for shrinkage',
  run: async ({ host, site, siteArchive, made }, shell) => {
    if (!made || siteArchive.folder === undefined) return { made }
    const { time } = made.set
    const earlier = (await recordsOrNone(siteArchive, shell)).filter(record => record.time < time)
    const good = newestConfirmed(earlier, shell.now(), acceptAfterOf(host))
    const reasons = shrinkageOf(good && contentsOf(good), contentsOf(made.record))
    rememberShrinkage({ host, site }, reasons.length === 0 ? undefined : { reasons, good: good?.time }, shell)
    if (reasons.length === 0) return { made }
    const record = { ...made.record, shrunken: reasons }
    await recordSet(siteArchive, time, record, shell)
    return { made: { ...made, record } }
  },
}

function rememberShrinkage({ host, site }: Needs<'host' | 'site'>, shrunken: SiteRecord['shrunken'], shell: Shell): void {
  const known = readRecord(host, site.name).shrunken
  if (shrunken !== undefined || known !== undefined)
    rememberOrTell(shell, 'the next run will not know whether the site has shrunk', () =>
      updateRecord(host, site.name, { shrunken }),
    )
  shell.tell({ site: site.name, shrinkage: shrunken ? shrinkageText(shrunken.reasons, shrunken.good) : null })
}

/** What is written down of the sets. That it cannot be read ends no backup and no replay. @throws when the run is stopped */
export async function recordsOrNone(archive: Needs<'siteArchive'>['siteArchive'], shell: Shell): Promise<readonly SetRecord[]> {
  try {
    return await readSetRecords(archive, shell)
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('warning', `whether the site has shrunk cannot be told from its archive: ${messageOf(error)}`)
    return []
  }
}

/** Applies when a person said that what the site has lost is right. */
export const isShrinkageAccepted: Condition<ShrinkageRequest, object> = ({ acceptShrinkage }) =>
  acceptShrinkage ? {} : 'nobody said that what a site has lost is right'

/** Writes down, beside the sets and for the replicas, that they show the site as it should be. */
export const confirmShrinkage: Step<Needs<'host' | 'site' | 'siteArchive'>, void> = {
  name: 'confirm-shrinkage',
  title: ({ site }) => `Accept the shrinkage of ${site.name}`,
  run: async ({ host, site, siteArchive }, shell) => {
    const records = await readSetRecords(siteArchive, shell)
    const waiting = records.filter(record => isUnconfirmed(record, shell.now(), acceptAfterOf(host)))
    if (waiting.length === 0) shell.note('info', 'no backup waits for that')
    for (const { time, shrunken = [] } of waiting) {
      await recordSet(siteArchive, time, { confirmed: true }, shell)
      shell.note('significant', `confirmed: the backup of ${printTime(time)}, with ${shrunken.slice(0, 5).join(', ')}`)
    }
    await shell.act('clear the shrinkage mark', () => rememberShrinkage({ host, site }, undefined, shell))
  },
}
