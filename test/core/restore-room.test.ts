import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { FileRef } from '../../lib/core/collection.ts'
import { newestRestorePoint, type RestorePoint, restorePoints } from '../../lib/core/restore-point.ts'
import {
  type Amount,
  type Demand,
  type Disk,
  importableAmount,
  roomToRestore,
  type Stage,
  tablesAmount,
  treeAmount,
  volumeAmount,
  waysOut,
} from '../../lib/core/room.ts'
import type { TreeSize } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'

const MB = 1_000_000
const file = (name: string, megabytes: number | undefined): FileRef => ({
  name,
  bytes: megabytes === undefined ? undefined : megabytes * MB,
})
const set = (kind: string, stamp: string, ...volumes: (number | undefined)[]): FileRef[] => [
  file(`duplicity-${kind}.${stamp}.manifest`, 1),
  file(`duplicity-${kind === 'full' ? 'full' : 'new'}-signatures.${stamp}.sigtar.gz`, 1),
  ...volumes.map((bytes, index) => file(`duplicity-${kind}.${stamp}.vol${index + 1}.difftar.gz`, bytes)),
]
/** A chain of a full set of 300 MB, an incremental of 20 and one of 5. */
const CHAIN = [
  ...set('full', '20260101T030000Z', 200, 100),
  ...set('inc', '20260101T030000Z.to.20260102T030000Z', 20),
  ...set('inc', '20260102T030000Z.to.20260103T030000Z', 5),
]
const [full, first, second] = restorePoints(collectionOf(CHAIN)) as [RestorePoint, RestorePoint, RestorePoint]
const size = (megabytes: number, files: number): TreeSize => ({ files, bytes: megabytes * MB })

/** [what, the point, what was written down of it, MB at least, MB likely] */
const amounts: [string, RestorePoint, TreeSize | undefined, number, number][] = [
  ['a full set without a size: half may be headers of empty files', full, undefined, 150, 300],
  ['an incremental without a size: it may be of deletions, and the rest deleted since', first, undefined, 0, 320],
  ['a full set with its size', full, size(400, 1000), 400 - 4.096, 400],
  ['an incremental with its size', second, size(50, 1000), 50 - 4.096, 50],
  ['many empty files, whose headers fill the volumes', full, size(100, 200_000), 0, 100],
  ['an incremental of deletions', first, size(1, 100), 1 - 0.4096, 1],
  ['more folders than bytes', second, size(1, 10_000), 0, 1],
]
for (const [what, point, known, least, about] of amounts) {
  test(`treeAmount() of ${what}: ${least} MB at least, about ${about}`, () => {
    assert.deepEqual(treeAmount(point, known), { least: least * MB, about: about * MB })
  })
}

test('treeAmount() knows nothing of sets at a URL, but what was written down', () => {
  const point = newestRestorePoint(collectionOf(set('full', '20260101T030000Z', undefined)))!
  assert.equal(treeAmount(point, undefined), undefined)
  assert.equal(treeAmount(point, size(7, 0))!.about, 7 * MB)
  assert.equal(volumeAmount(point).least, 0)
})

test('volumeAmount() is the largest volume up to the point', () => {
  assert.equal(volumeAmount(second).least, 200 * MB)
})

test('tablesAmount() and importableAmount() are at least less than the dump; of packed tables nothing is sure', () => {
  assert.deepEqual(tablesAmount({ bytes: 400, packed: false }), { least: 50, about: 400 })
  assert.deepEqual(tablesAmount({ bytes: 400, packed: true }), { least: 0, about: 400 })
  assert.deepEqual(importableAmount({ bytes: 400, packed: true }), { least: 360, about: 400 })
})

const disk = (path: string, free: number, more: Partial<Disk> = {}): Disk => ({
  path,
  device: path,
  free: free * MB,
  keepsSize: true,
  ...more,
})
const amount = (least: number, about = least): Amount => ({ least: least * MB, about: about * MB })
const [srv, other] = [disk('/srv', 100), disk('/var', 50)]
const sameDisk = disk('/data', 100, { device: '/srv' })

const on = (disk: Disk, ...bytes: Parameters<typeof amount>) => ({ disk, ...amount(...bytes) })

/** [what, the stages, whether it is refused, in doubt] */
const rooms: [string, Stage[], boolean, boolean][] = [
  ['that just fits', [[on(srv, 100)]], false, false],
  ['that is too large', [[on(srv, 101)]], true, false],
  ['that is probably too large', [[on(srv, 90, 101)]], false, true],
  ['too large, where files are compressed', [[{ disk: { ...srv, keepsSize: false }, ...amount(101) }]], false, true],
  ['on two disks that each have room', [[on(srv, 100), on(other, 50)]], false, false],
  ['of which the second has none', [[on(srv, 100), on(other, 51)]], true, false],
  ['that needs one disk for two things at a time', [[on(srv, 60), on(sameDisk, 41)]], true, false],
  ['that needs one disk for two things one after the other', [[on(srv, 60)], [on(sameDisk, 41)]], false, false],
  ['of which nothing is known', [], false, false],
]
for (const [what, stages, refused, doubtful] of rooms) {
  test(`roomToRestore() ${refused ? 'refuses' : doubtful ? 'warns of' : 'takes'} a restore ${what}`, () => {
    const { refusal, doubt } = roomToRestore(stages)
    assert.deepEqual([refusal !== undefined, doubt !== undefined], [refused, doubtful])
  })
}

test('roomToRestore() says what is needed and free, in one line', () => {
  const stages = [
    [{ disk: srv, ...amount(60, 70) }],
    [
      { disk: srv, ...amount(110, 120) },
      { disk: other, ...amount(1) },
    ],
  ]
  const { text, refusal } = roomToRestore(stages)
  const onSrv = 'disk space for the restore on the disk of /srv: 100 MB free, 120 MB required'
  assert.equal(text, `${onSrv}; on the disk of /var: 50.0 MB free, 1.00 MB required`)
  assert.equal(refusal, `not enough ${onSrv}`)
  assert.equal(roomToRestore([]).text, undefined)
})

test('roomToRestore() tells what is needed aside only where there is too little room for it', () => {
  const tree = { disk: srv, ...amount(60) }
  const volume = { ...amount(20), aside: true as const }
  assert.match(
    roomToRestore([[{ disk: other, ...volume }], [tree]]).text!,
    /^disk space for the restore on the disk of \/srv: 100 MB free, 60\.0 MB required$/,
  )
  const tight = roomToRestore([[{ disk: disk('/var', 19), ...volume }], [tree]])
  assert.match(tight.refusal!, /^not enough disk space for the restore on the disk of \/var: 19\.0 MB free, 20\.0 MB required$/)
})

const needs = (disk: Disk, more: Partial<Demand> = {}): Demand => ({ disk, ...amount(60), ...more })
const tight = disk('/srv', 50)
const [whole, files, database] = [
  { files: true, database: true },
  { files: true, database: false },
  { files: false, database: true },
]
const aside = { aside: true } as const
const forImport = { forImport: true } as const
const INTO = 'or restore with --into a folder on another disk'
/** [what has no room, the stages, what was asked for, what helps besides to free some room] */
const ways: [string, Stage[], typeof whole | undefined, string][] = [
  ['the tree', [[needs(tight)]], whole, `${INTO}, or bring back less with --db-only or --path`],
  ['the tree of the files alone', [[needs(tight)]], files, `${INTO}, or bring back less with --path`],
  ['the dump', [[needs(tight)]], database, INTO],
  ['single paths', [[needs(tight)]], { files: false, database: false }, INTO],
  [
    'the tables',
    [[needs(srv)], [needs(srv), needs(disk('/db', 50), forImport)]],
    whole,
    `${INTO}, or bring back less with --files-only or --path`,
  ],
  [
    'tree and tables together',
    [[needs(srv)], [needs(srv), needs(srv, forImport)]],
    whole,
    `${INTO}, or bring back less with --files-only or --db-only or --path`,
  ],
  [
    'the tree, and then the tables too',
    [[needs(tight)], [needs(tight), needs(tight, forImport)]],
    whole,
    `${INTO}, or bring back less with --db-only or --path`,
  ],
  ["duplicity's volume", [[needs(srv)], [needs(tight, aside)]], whole, ''],
  ['a replica', [[needs(tight)]], undefined, ''],
]
for (const [what, stages, asked, more] of ways) {
  test(`waysOut() where there is no room for ${what}`, () => {
    const { short, refusal } = roomToRestore(stages)
    assert.notEqual(refusal, undefined)
    assert.equal(waysOut(short, asked), `Free some room there${more === '' ? '' : `, ${more}`}`)
  })
}

const anyDisk = fc.constantFrom('/a', '/b', '/c').map(path => disk(path, path.charCodeAt(1) - 90))
const anyDemand = fc.record({ disk: anyDisk, least: fc.nat(20 * MB), more: fc.nat(20 * MB) })
const anyMoments = fc.array(
  fc.array(
    anyDemand.map(({ more, ...one }) => ({ ...one, about: one.least + more })),
    { maxLength: 5 },
  ),
  {
    maxLength: 4,
  },
)

test('roomToRestore() refuses if and only if the surely needed is more than what is free, on some disk at some stage', () => {
  fc.assert(
    fc.property(anyMoments, stages => {
      const isTooMuch = stages.some(stage =>
        ['/a', '/b', '/c'].some(path => {
          const here = stage.filter(demand => demand.disk.path === path)
          return here.length > 0 && here.reduce((sum, { least }) => sum + least, 0) > here[0]!.disk.free
        }),
      )
      assert.equal(roomToRestore(stages).refusal !== undefined, isTooMuch)
    }),
  )
})
