import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ArchiveRecord } from './archive-record.ts'
import { Lab } from './lab.ts'
import { outputFolder, type Row, writeLedger } from './ledger.ts'
import { endWithParent } from './owner.ts'
import { play, type Scenario } from './scenario.ts'

/** Only these besides the first nights, while somebody works on one: `HOLDFAST_SCENARIOS='power|VPN' npm run test:hosts`. */
const ONLY = new RegExp(process.env.HOLDFAST_SCENARIOS ?? '')

/**
 * A part of the table, on hosts of its own: the first nights, then its scenarios, one after the other. What each run said is kept in the folder for
 * output; the ledger there has the lines of every part that has ended.
 */
export function playPart(name: string, first: readonly Scenario[], scenarios: readonly Scenario[]): void {
  const all = [...first, ...scenarios.filter(scenario => ONLY.test(scenario.name))]
  let folder: string
  const rows: Row[] = []
  const record = new ArchiveRecord()
  const began = Date.now()
  let lab: Lab

  /** The line of the ledger, and in a file of its own all that the runs said. */
  function write(row: Row, text: string): void {
    rows.push(row)
    const file = `${String(rows.length).padStart(2, '0')}-${row.scenario.replace(/[^\w]+/g, '-')}.txt`
    writeFileSync(join(folder, file), text)
  }

  before(async () => {
    endWithParent()
    folder = outputFolder(name)
    lab = await Lab.begin(text => console.log(`${name}: ${text}, ${((Date.now() - began) / 1000).toFixed(0)} s`))
  })

  for (const scenario of all) test(scenario.name, () => play(lab, scenario, record, write))

  after(async () => {
    await lab?.[Symbol.asyncDispose]()
    const minutes = ((Date.now() - began) / 60_000).toFixed(1)
    const heading = `${name}: ${rows.length} of ${all.length} scenarios in ${minutes} minutes, ${record.files} files of sets in the end`
    writeLedger(folder, rows, heading)
  })
}
