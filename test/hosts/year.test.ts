import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Lab } from './lab.ts'
import { outputFolder } from './ledger.ts'
import { endWithParent } from './owner.ts'
import { surprises } from './year/expected.ts'
import { SHORT } from './year/happenings.ts'
import { Year } from './year/year.ts'
import { yearEnd } from './year/year-end.ts'

/**
 * Nights that are lived through: a year takes an hour or more (`HOLDFAST_YEAR=365 node --test
 * test/hosts/year.test.ts`).
 */
const NIGHTS = Number(process.env.HOLDFAST_YEAR || SHORT)
/** Minutes after which it ends before its time, if it is to. */
const MINUTES = Number(process.env.HOLDFAST_YEAR_MINUTES || 600)

let lab: Lab
let year: Year
let folder: string

before(async () => {
  endWithParent()
  folder = outputFolder('year')
  lab = await Lab.begin(text => console.log(`year: ${text}`))
  year = await Year.begin(lab, NIGHTS)
})

after(async () => {
  await lab?.[Symbol.asyncDispose]()
})

test('a mail that is missing or one too many is found, and so is each line', () => {
  const letter = { host: 'web1', subject: 's', lines: ['failed: blog: x', 'warning: shop: y'], text: '' }
  const owed = { tells: [/^failed: blog/], besides: [/^warning: shop/], may: [] }
  const nothing = { tells: [], besides: [/^warning: shop/], may: [] }
  assert.deepEqual(surprises([owed], [letter]), [])
  assert.deepEqual(surprises([nothing], []), [])
  assert.match(surprises([owed], []).join(), /^MISSED: no mail/)
  assert.match(surprises([nothing], [letter]).join(), /^FALSE ALARM: "s"/)
  assert.match(surprises([{ ...owed, besides: [] }], [letter]).join(), /^FALSE ALARM: "s" tells: warning: shop: y$/)
  assert.match(surprises([{ ...owed, tells: [...owed.tells, /shop: z/] }], [letter]).join(), /^MISSED: "s" does not tell/)
})

test(`${NIGHTS} nights on two hosts: each mail that must come comes, and no other`, {
  timeout: (MINUTES + 10) * 60_000,
}, async () => {
  const began = Date.now()
  for (let night = 1; night <= NIGHTS && Date.now() - began < MINUTES * 60_000; night++) await year.live(night)
  const minutes = (Date.now() - began) / 60_000
  writeFileSync(join(folder, 'diary.md'), year.diary.join('\n'))
  console.log(`year: ${year.nights} nights in ${minutes.toFixed(1)} minutes, ${year.mails} mails\n${year.diary.join('\n')}`)
  assert.deepEqual(year.faults, [])
})

test('in the end all is well, the archives are as large as they may be, and old days come back as they were', async () => {
  assert.deepEqual(await yearEnd(year), [])
})
