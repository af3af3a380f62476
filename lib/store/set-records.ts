import { join } from 'node:path'
import { z } from 'zod'
import { type Collection, setsOf } from '../core/collection.ts'
import { messageOf } from '../core/message.ts'
import { type SetRecord, withRecord } from '../core/set-record.ts'
import type { Shell } from '../engine/shell.ts'

/** The file beside a site's sets that tells what neither their names nor their sizes do. Losing it loses no backup. */
const RECORDS = '.holdfast-sets'
/** What earlier versions kept there instead: lines of the same form, of sizes only. */
const FORMER = '.holdfast-sizes'

/** What is read of it, in bytes from its beginning, where the newest sets are: whoever can write to the share can make it as large as they like. */
const MOST = 8_000_000

/** The first that is a file; `dd` opens no link, and waits for no pipe, should one be put there after the look. */
const READ = `for file; do
  if [ -f "$file" ] && [ ! -L "$file" ]; then exec dd if="$file" iflag=nofollow,nonblock,fullblock,count_bytes bs=64k count=${MOST} status=none; fi
done`

/** Beside the file first, and then over it. Neither follows a link that somebody else has put at either name: `excl` opens none, and `mv -T` goes into no folder. */
const WRITE = `rm -f "$1.new" && { dd of="$1.new" conv=excl,fsync status=none && mv -fT "$1.new" "$1" && rm -f "$2"; } || { rm -f "$1.new"; exit 1; }`

const count = z.int().nonnegative()
const hash = z.string().regex(/^[0-9a-f]{40,64}$/)
/** Of each field that is not as it should be, nothing is known; the others stay, also those that this version does not know. */
const recordSchema = z.looseObject({
  set: z.iso.datetime(),
  host: z.string().optional().catch(undefined),
  files: count.optional().catch(undefined),
  bytes: count.optional().catch(undefined),
  dump: z.object({ bytes: count, packed: z.boolean() }).optional().catch(undefined),
  stored: z
    .record(z.string(), z.object({ bytes: count.optional(), sha1: hash.optional(), sha256: hash.optional() }))
    .optional()
    .catch(undefined),
})

/** The text that keeps records: a line of JSON a set, its time in ISO 8601, UTC. */
export const textOfRecords = (records: readonly SetRecord[]): string =>
  records.map(({ time, ...rest }) => `${JSON.stringify({ set: new Date(time).toISOString(), ...rest })}\n`).join('')

/** The records in such a text, newest set first. Lines that are damaged are passed over; of two of one set the first counts. */
export function recordsIn(text: string): readonly SetRecord[] {
  const records = text.split('\n').flatMap(line => recordOf(line) ?? [])
  const first = new Map(records.toReversed().map(record => [record.time, record]))
  return [...first.values()].toSorted((a, b) => b.time - a.time)
}

function recordOf(line: string): SetRecord | undefined {
  try {
    const { set, ...rest } = recordSchema.parse(JSON.parse(line))
    return { ...rest, time: Date.parse(set) }
  } catch {
    return undefined
  }
}

/** Where the sets of a site, or of a desktop, are; no folder at a URL, where nothing is written down. */
interface SetFolder {
  readonly folder: string | undefined
}

/** What is written down beside an archive's sets, newest first; none where there is no such file, or at a URL. @throws when the archive cannot be read */
export async function readSetRecords({ folder }: SetFolder, shell: Shell): Promise<readonly SetRecord[]> {
  if (folder === undefined) return []
  const quiet = shell.quick.with({ onLine: () => {} })
  return await quiet.ask(recordsIn)`sh -c ${READ} records ${join(folder, RECORDS)} ${join(folder, FORMER)}`
}

/**
 * Writes down more of one set; what else is known of it stays. The backup is good without: a failure is only noted.
 * @param time of the set
 * @param present the collection, where the caller has it: the records of sets that are gone are dropped
 * @throws when the run is stopped
 */
export async function recordSet(
  archive: SetFolder,
  time: number,
  fields: Omit<SetRecord, 'time'>,
  shell: Shell,
  present?: Collection,
): Promise<void> {
  const { folder } = archive
  if (folder === undefined) return
  try {
    const records = withRecord(await readSetRecords(archive, shell), { ...fields, time })
    const kept = present ? records.filter(isOf(present, time)) : records
    const writing = shell.quick.with({ input: textOfRecords(kept) })
    await writing.act`sh -c ${WRITE} records ${join(folder, RECORDS)} ${join(folder, FORMER)}`
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('info', `what is known of the set cannot be written down beside its archive: ${messageOf(error)}`)
  }
}

function isOf({ chains, incomplete }: Collection, time: number): (record: SetRecord) => boolean {
  const times = new Set([...chains.flatMap(setsOf), ...incomplete].map(set => set.time).concat(time))
  return record => times.has(record.time)
}
