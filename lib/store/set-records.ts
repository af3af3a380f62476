import { type Collection, setsOf } from '../core/collection.ts'
import { type SetRecord, withRecord } from '../core/set-record.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import { NotOwner, refuseOther } from './epochs.ts'
import { recordsIn, textOfRecords } from './record-lines.ts'
import { unlessUnusable } from './share-failure.ts'
import { filesOfSite } from './share-files.ts'

/** The file beside a site's sets that tells what neither their names nor their sizes do. Losing it loses no backup. */
export const RECORDS = '.holdfast-sets'
/** What earlier versions kept there instead: lines of the same form, of sizes only. */
export const FORMER = '.holdfast-sizes'

/** Bytes that are read of it, newest sets first: whoever can write to the share can make it as large as they like. */
export const MOST_OF_RECORDS = 8_000_000

/** Where the sets of a site, or of a desktop, are; no folder at a URL, where nothing is written down. */
type SetFolder = Parameters<typeof filesOfSite>[0]

/**
 * What is written down beside an archive's sets, newest first; none at a URL. @throws when the archive cannot be read
 */
export async function readSetRecords(archive: SetFolder, shell: Shell): Promise<readonly SetRecord[]> {
  const files = filesOfSite(archive, shell.quick)
  for (const name of [RECORDS, FORMER]) {
    const text = await files?.text(name, MOST_OF_RECORDS).catch(unlessUnusable)
    if (text !== undefined) return recordsIn(text)
  }
  return []
}

/** Times that it is tried to write them down, while others do: replicas too write here. */
const TRIES = 5

interface Recording {
  /** The collection, where it is known: the records of sets that are gone are dropped. */
  readonly present?: Collection
  /** Only for as long as the site is this host's, which is looked at in the very request that writes. */
  readonly owner?: Pick<Host, 'name'>
}

/**
 * Writes down more of one set; what else is known of it stays. A failure is only noted: the backup is good without.
 * @returns whether it is written down
 * @throws when the run is stopped
 * @throws {NotOwner} when the site is to be this host's, and is another's
 */
export async function recordSet(
  archive: SetFolder,
  time: number,
  fields: Omit<SetRecord, 'time'>,
  shell: Shell,
  { present, owner }: Recording = {},
): Promise<boolean> {
  const files = filesOfSite(archive, shell.quick)
  if (files === undefined) return false
  let claims = owner && (await files.lastClaims())
  let found = files.lastOf(RECORDS)
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (owner && claims) refuseOther(files, claims, owner)
      found ??= { text: await files.text(RECORDS, MOST_OF_RECORDS).catch(unlessUnusable) }
      const before = found.text ?? (await files.text(FORMER, MOST_OF_RECORDS).catch(unlessUnusable)) ?? ''
      const records = withRecord(recordsIn(before), { ...fields, time })
      const kept = present ? records.filter(isOf(present, time)) : records
      const known = { text: found.text, claims }
      const other = await files.exchange(RECORDS, known, MOST_OF_RECORDS, { remove: FORMER }, textOfRecords(kept))
      if (other === undefined) return true
      found = other
      claims = other.claims ?? claims
    }
    throw new Error('others write there without end')
  } catch (error) {
    if (shell.stop.aborted || error instanceof NotOwner) throw error
    shell.note('info', `what is known of the set cannot be written down beside its archive: ${messageOf(error)}`)
    return false
  }
}

function isOf({ chains, incomplete }: Collection, time: number): (record: SetRecord) => boolean {
  const times = new Set([...chains.flatMap(setsOf), ...incomplete].map(set => set.time).concat(time))
  return record => times.has(record.time)
}
