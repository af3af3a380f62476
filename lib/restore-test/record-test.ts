import { type SetTest, withTest } from '../core/set-test.ts'
import type { Shell } from '../engine/shell.ts'
import type { SiteArchive } from '../store/archive.ts'
import { readSetRecords, recordSet } from '../store/set-records.ts'

/** Writes down beside a set what came of its restore. */
export async function recordTest(archive: SiteArchive, time: number, test: SetTest, shell: Shell): Promise<void> {
  const { tests = [] } = (await readSetRecords(archive, shell)).find(record => record.time === time) ?? {}
  await recordSet(archive, time, { tests: withTest(tests, test) }, shell)
}
