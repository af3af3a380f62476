import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { RestorePoint } from '../../lib/core/restore-point.ts'
import type { SetRecord } from '../../lib/core/set-record.ts'
import {
  type Contents,
  chooseForReplica,
  contentsOf,
  coreRows,
  isUnconfirmed,
  newestConfirmed,
  type ReplicaFacts,
  shrinkageOf,
} from '../../lib/core/shrinkage.ts'

const DAY = 86_400_000
const WEEK = 7 * DAY
const ROWS = { wp_options: 150, wp_posts: 500, wp_users: 3, wp_comments: 90 }
const USUAL: Contents = { files: 4000, bytes: 60e6, dumpBytes: 5e6, rows: ROWS }

const cases: [what: string, before: Contents | undefined, now: Contents, reasons: string[]][] = [
  ['nothing', USUAL, USUAL, []],
  ['half of all', USUAL, { files: 2000, bytes: 30e6, dumpBytes: 2.5e6, rows: { ...ROWS, wp_posts: 250 } }, []],
  [
    'more than half of all',
    USUAL,
    { files: 1999, bytes: 29e6, dumpBytes: 2e6, rows: { ...ROWS, wp_posts: 249, wp_comments: 1 } },
    [
      'files: 1999 of 4000 left',
      'bytes: 29.0 MB of 60.0 MB left',
      'the database dump: 2.00 MB of 5.00 MB left',
      'rows of wp_posts: 249 of 500 left',
      'rows of wp_comments: 1 of 90 left',
    ],
  ],
  ['all posts', USUAL, { ...USUAL, rows: { ...ROWS, wp_posts: 0 } }, ['wp_posts is empty']],
  ['the few users that there were', USUAL, { ...USUAL, rows: { ...ROWS, wp_users: 0 } }, ['wp_users is empty']],
  ['one of three users', USUAL, { ...USUAL, rows: { ...ROWS, wp_users: 1 } }, []],
  [
    'all comments, where there were few',
    { ...USUAL, rows: { ...ROWS, wp_comments: 5 } },
    { ...USUAL, rows: { ...ROWS, wp_comments: 0 } },
    [],
  ],
  [
    'the whole database',
    USUAL,
    { ...USUAL, rows: {} },
    ['wp_options is gone', 'wp_posts is gone', 'wp_users is gone', 'rows of wp_comments: 0 of 90 left'],
  ],
  ['all that is in SITE', USUAL, { ...USUAL, isEmpty: true }, ['SITE is empty']],
  [
    'nothing more than was confirmed',
    { ...USUAL, isEmpty: true, rows: { ...ROWS, wp_posts: 0 } },
    { ...USUAL, isEmpty: true, rows: { ...ROWS, wp_posts: 0 } },
    [],
  ],
  ['little of little', { files: 19, bytes: 900_000, dumpBytes: 99_000 }, { files: 1, bytes: 1, dumpBytes: 1 }, []],
  ['what nobody knows', {}, USUAL, []],
  ['what nobody counted', USUAL, {}, []],
  [
    'tables that are empty from the first',
    undefined,
    { rows: { wp_options: 10, wp_posts: 0, wp_users: 0 } },
    ['wp_posts is empty', 'wp_users is empty'],
  ],
]
for (const [what, before, now, reasons] of cases)
  test(`shrinkageOf() of a site that lost ${what}`, () => assert.deepEqual(shrinkageOf(before, now), reasons))

test('shrinkageOf() never tells of a site that grew or stayed', () => {
  const count = fc.nat(1_000_000)
  const contents = fc.record({
    files: count,
    bytes: count,
    dumpBytes: count,
    rows: fc.dictionary(fc.constantFrom('wp_posts', 'wp_users', 'wp_options'), count),
  })
  fc.assert(fc.property(contents, now => assert.deepEqual(shrinkageOf(now, now), [])))
})

test('coreRows() finds the tables of every installation in a database, and no others', () => {
  const rows = new Map(
    [
      'wp_options',
      'wp_posts',
      'wp_users',
      'wp_comments',
      'wp_2_options',
      'wp_2_posts',
      'options',
      'wp_woo_posts',
      'my_users',
    ].map((name, index) => [name, index]),
  )
  assert.deepEqual(Object.keys(coreRows(rows)), [
    'wp_options',
    'wp_posts',
    'wp_users',
    'wp_comments',
    'wp_2_options',
    'wp_2_posts',
  ])
})

const record = (day: number, files: number, more: Partial<SetRecord> = {}): SetRecord => ({ time: day * DAY, files, ...more })
const shrunken = (day: number, files = 100, more: Partial<SetRecord> = {}): SetRecord =>
  record(day, files, { shrunken: ['files'], ...more })

test('newestConfirmed() is not a set of a shrunken site, so that a second night of it is told too, until it is confirmed or has stayed so for long', () => {
  const at = (records: SetRecord[], day: number) => newestConfirmed(records, day * DAY, WEEK)?.time
  assert.equal(at([record(1, 1000), shrunken(2), shrunken(3)], 4), DAY)
  assert.equal(at([record(1, 1000), shrunken(2, 100, { confirmed: true }), shrunken(3)], 4), 2 * DAY)
  assert.equal(at([record(1, 1000), shrunken(2), shrunken(3)], 9), 2 * DAY)
  assert.equal(at([{ time: DAY }], 2), undefined, 'one of which nothing is known')
  assert.equal(isUnconfirmed(shrunken(2), 8 * DAY, WEEK), true)
  assert.equal(isUnconfirmed(record(2, 1, { shrunken: [] }), 2 * DAY, WEEK), false)
})

const point = (day: number): RestorePoint => ({ time: day * DAY }) as RestorePoint
/** What a replica chooses on the fourth day: the day of the backup, and who keeps it from the newest, if somebody does. */
function chosen(records: SetRecord[], facts: Partial<ReplicaFacts> = {}): (number | string | undefined)[] {
  const usual: ReplicaFacts = {
    points: records.map(({ time }) => point(time / DAY)),
    records,
    restoredFrom: DAY,
    contents: { files: 1000 },
    heldSince: undefined,
    now: 4 * DAY,
    acceptAfter: WEEK,
    isAccepted: false,
  }
  const { point: found, held } = chooseForReplica({ ...usual, ...facts })
  return [found && found.time / DAY, ...(held ? [held.byOwner ? 'owner' : 'itself'] : [])]
}
const choices: [what: string, is: (number | string | undefined)[], wanted: (number | string | undefined)[]][] = [
  ['the newest', chosen([record(1, 1000), record(2, 1000), record(3, 900)]), [3]],
  ['the newest, where nothing is written down', chosen([{ time: DAY }, { time: 2 * DAY }]), [2]],
  ['the last before the site shrank', chosen([record(1, 1000), record(2, 1000), shrunken(3)]), [2, 'owner']],
  ['what it has, when that is the last', chosen([record(1, 1000), shrunken(2), shrunken(3)]), [1, 'owner']],
  ['the newest again, once the site is whole', chosen([record(1, 1000), shrunken(2), record(3, 1000)]), [3]],
  [
    'the newest, when a person confirmed the shrinkage',
    chosen([record(1, 1000), shrunken(2, 100, { confirmed: true }), record(3, 100)]),
    [3],
  ],
  ['the newest, when it stayed so for long', chosen([record(1, 1000), shrunken(2), record(3, 100)], { now: 9 * DAY }), [3]],
  ['the newest, when a person says so here', chosen([record(1, 1000), shrunken(2)], { isAccepted: true }), [2]],
  ['what it has, when the newest has far less and nobody says why', chosen([record(1, 1000), record(2, 499)]), [1, 'itself']],
  ['the newest, after it waited for long', chosen([record(1, 1000), record(2, 499)], { heldSince: -4 * DAY }), [2]],
  ['the newest, when it does not know what it has', chosen([record(1, 1000), record(2, 499)], { contents: undefined }), [2]],
  ['nothing, when there is no other', chosen([shrunken(2)], { restoredFrom: undefined }), [undefined, 'owner']],
  ['the newest, when what it was made from is gone', chosen([record(1, 1000), record(2, 1000)], { restoredFrom: 9 * DAY }), [2]],
  ['no older one than it has', chosen([record(1, 1000), shrunken(2)], { restoredFrom: 2 * DAY }), [2, 'owner']],
]
for (const [what, is, wanted] of choices) test(`chooseForReplica() takes ${what}`, () => assert.deepEqual(is, wanted))

test('contentsOf() is what a record tells', () => {
  assert.deepEqual(contentsOf(record(1, 5, { bytes: 6, rows: { wp_posts: 1 }, dump: { bytes: 7, packed: false } })), {
    files: 5,
    bytes: 6,
    isEmpty: undefined,
    rows: { wp_posts: 1 },
    dumpBytes: 7,
  })
})
