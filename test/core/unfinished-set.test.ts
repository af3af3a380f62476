import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BackupPlan } from '../../lib/core/backup-plan.ts'
import { planUnfinished, type SentPart, type UnfinishedSet } from '../../lib/core/unfinished-set.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, listing, type SetSketch } from '../duplicity/archive.ts'

const much: SentPart = { volumes: 9, wholeFiles: 40, isAll: false }
const little: SentPart = { ...much, volumes: 4 }
const all: SentPart = { volumes: 1, wholeFiles: 0, isAll: true }
const incremental: BackupPlan = { kind: 'incremental', reason: 'not due' }
const due: BackupPlan = { kind: 'full', reason: 'the full is too old' }

/** A set of day 5, on that of day 3 when it is an incremental. */
const full = { kind: 'full', time: at(5), hasManifest: false } as const
const inc = { kind: 'incremental', time: at(5), baseTime: at(3), hasManifest: false } as const
const before: SetSketch[] = [{ day: 0 }, { day: 3, base: 0 }]
const finished: SetSketch[] = [...before, { day: 5, base: 3 }]

/** [what, the set, its archive, a site's plan, a desktop's plan, the reason] */
const table: [string, UnfinishedSet, SetSketch[], string, string, RegExp, BackupPlan?][] = [
  ['of which much was sent', { ...full, sent: much }, [], 'close', 'close', /^9 volumes with 40 whole files were sent$/],
  ['of which little was sent', { ...full, sent: little }, [], 'drop', 'close', /little was sent|4 volumes with 40/],
  [
    'of which no file was sent whole',
    { ...full, sent: { ...much, wholeFiles: 0 } },
    [],
    'drop',
    'drop',
    /no file was sent whole/,
  ],
  ['that lacks only its manifest', { ...full, sent: all }, [], 'finish', 'finish', /all of it was sent/],
  ['of which nothing is known', { ...full, sent: 'no manifest' }, [], 'drop', 'drop', /^no manifest$/],
  ['that is an incremental', { ...inc, sent: much }, before, 'close', 'close', /9 volumes/],
  [
    'that is an incremental whose base is gone',
    { ...inc, sent: much },
    [{ day: 0 }],
    'drop',
    'drop',
    /that it builds on is gone/,
  ],
  [
    'that is older than another',
    { ...inc, sent: all },
    [...before, { day: 6, base: 3 }],
    'drop',
    'drop',
    /a newer set, of 2026-01-07/,
  ],
  [
    'that is an incremental where a full is due',
    { ...inc, sent: much },
    before,
    'drop',
    'drop',
    /a full backup is wanted: .*too old/,
    due,
  ],
  ['that is a full where a full is due', { ...full, sent: much }, before, 'close', 'close', /9 volumes/, due],
  ['that is finished but for this host', { ...inc, hasManifest: true, sent: all }, finished, 'finish', 'finish', /all of it/],
  ['that is finished and unknown here', { ...inc, hasManifest: true, sent: 'torn' }, finished, 'forget', 'forget', /^torn$/],
  ['with a manifest and torn volumes', { ...inc, hasManifest: true, sent: little }, finished, 'close', 'close', /4 volumes/],
]
for (const [what, set, sketches, ofSite, ofDesktop, reason, backup = incremental] of table) {
  test(`planUnfinished() of a set ${what}: ${ofSite}, of a desktop ${ofDesktop}`, () => {
    const collection = collectionOf(listing(...sketches))
    for (const [isDesktop, wanted] of [
      [false, ofSite],
      [true, ofDesktop],
    ] as const) {
      const plan = planUnfinished({ set, collection, backup, isDesktop })
      assert.equal(plan.kind, wanted)
      assert.match(plan.reason, reason)
    }
  })
}

test('planUnfinished() never removes a set with a manifest, and keeps nothing of which nothing is known', () => {
  const sent = fc.oneof(
    fc.constant('nothing is known'),
    fc.record({ volumes: fc.nat(12), wholeFiles: fc.nat(3), isAll: fc.boolean() }),
  )
  const sets = fc.record({ set: fc.constantFrom(full, inc), hasManifest: fc.boolean(), sent })
  const archives = fc.constantFrom(...[[], before, finished].map(sketches => collectionOf(listing(...sketches))))
  fc.assert(
    fc.property(sets, archives, fc.boolean(), fc.constantFrom(incremental, due), (parts, collection, isDesktop, backup) => {
      const set = { ...parts.set, hasManifest: parts.hasManifest, sent: parts.sent }
      const { kind } = planUnfinished({ set, collection, backup, isDesktop })
      assert.ok(!(parts.hasManifest && kind === 'drop'))
      assert.ok(!(typeof parts.sent === 'string' && (kind === 'finish' || kind === 'close')))
    }),
  )
})
