import { type SetTest, withTest } from '../core/set-test.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import type { SiteArchive } from '../store/archive.ts'
import { checkStillOwner } from '../store/epochs.ts'
import { readSetRecords, recordSet } from '../store/set-records.ts'

/** Writes down beside a set what came of its restore. @throws {NotOwner} when the archive is another's by now */
export async function recordTest(host: Host, archive: SiteArchive, time: number, test: SetTest, shell: Shell): Promise<void> {
  await checkStillOwner(archive, host, shell)
  const { tests = [] } = (await readSetRecords(archive, shell)).find(record => record.time === time) ?? {}
  await recordSet(archive, time, { tests: withTest(tests, test) }, shell)
}
