import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { HOME } from '../../lib/command-line.ts'
import { ArchiveRecord } from './archive-record.ts'
import { Lab } from './lab.ts'
import { ledgerText, type Row, writeLedger } from './ledger.ts'
import { play } from './scenario.ts'
import { FIRST } from './scenarios/first.ts'
import { NAS } from './scenarios/nas.ts'
import { POWER } from './scenarios/power.ts'
import { SITES } from './scenarios/sites.ts'
import { TIME } from './scenarios/time.ts'
import { VPN } from './scenarios/vpn.ts'

/** Only these besides the first nights, while somebody works on one: `HOLDFAST_SCENARIOS='power|VPN' npm run test:hosts`. */
const ONLY = new RegExp(process.env.HOLDFAST_SCENARIOS ?? '')
const SCENARIOS = [...FIRST, ...[...VPN, ...NAS, ...POWER, ...SITES, ...TIME].filter(({ name }) => ONLY.test(name))]
const OUTPUT = process.env.HOLDFAST_HOSTS_OUTPUT ?? join(HOME, 'out', 'hosts')
const rows: Row[] = []
const record = new ArchiveRecord()
const began = Date.now()
let lab: Lab

before(async () => {
  rmSync(OUTPUT, { recursive: true, force: true })
  lab = await Lab.begin(text => console.log(`${((Date.now() - began) / 1000).toFixed(0)} s: ${text}`))
})

/** The line of the ledger, and in a file of its own all that the runs said. */
function write(row: Row, text: string): void {
  rows.push(row)
  const name = `${String(rows.length).padStart(2, '0')}-${row.scenario.replace(/[^\w]+/g, '-')}.txt`
  mkdirSync(OUTPUT, { recursive: true })
  writeFileSync(join(OUTPUT, name), text)
}

for (const scenario of SCENARIOS) test(scenario.name, () => play(lab, scenario, record, write))

after(async () => {
  await lab?.[Symbol.asyncDispose]()
  const minutes = ((Date.now() - began) / 60_000).toFixed(1)
  const heading = `Whole hosts: ${rows.length} of ${SCENARIOS.length} scenarios in ${minutes} minutes, ${record.files} files of sets in the end`
  const text = ledgerText(rows, heading)
  console.log(`${text}\nThe ledger is in ${await writeLedger(text, OUTPUT)}`)
})
