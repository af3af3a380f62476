import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextEpoch } from '../../lib/core/epoch.ts'
import { type DuplicityName, filesOfLostEpochs, formatName, formatStamp, parseName } from '../../lib/duplicity/names.ts'

const time = Date.UTC(2026, 0, 6, 3, 0, 0)
const baseTime = Date.UTC(2026, 0, 5, 3, 0, 0)
const full = { kind: 'full', time, partial: false } as const
const incremental = { kind: 'incremental', time, baseTime, partial: false } as const

const names: [string, DuplicityName][] = [
  ['duplicity-full.20260106T030000Z.vol1.difftar.gz', { ...full, role: 'volume', volume: 1, packing: 'gzip' }],
  ['duplicity-full.20260106T030000Z.vol12.difftar.gpg', { ...full, role: 'volume', volume: 12, packing: 'gpg' }],
  ['duplicity-full.20260106T030000Z.vol3.difftar', { ...full, role: 'volume', volume: 3, packing: 'plain' }],
  ['duplicity-full.20260106t030000z.manifest', { ...full, role: 'manifest', packing: 'plain' }],
  ['duplicity-full.20260106T030000Z.manifest.part', { ...full, role: 'manifest', packing: 'plain', partial: true }],
  ['duplicity-full-signatures.20260106T030000Z.sigtar.part.gz', { ...full, role: 'signatures', packing: 'gzip', partial: true }],
  ['duplicity-full.20260106T030000Z.jsonstat', { ...full, role: 'statistics', packing: 'plain' }],
  [
    'duplicity-inc.20260105T030000Z.to.20260106T030000Z.vol1.difftar.gpg',
    { ...incremental, role: 'volume', volume: 1, packing: 'gpg' },
  ],
  ['duplicity-inc.20260105T030000Z.to.20260106T030000Z.manifest.gpg', { ...incremental, role: 'manifest', packing: 'gpg' }],
  ['duplicity-inc.20260105T030000Z.to.20260106T030000Z.jsonstat.gz', { ...incremental, role: 'statistics', packing: 'gzip' }],
  [
    'duplicity-new-signatures.20260105T030000Z.to.20260106T030000Z.sigtar.gz',
    { ...incremental, role: 'signatures', packing: 'gzip' },
  ],
  ['duplicity-full.20260106T030000Z.manifest.parts', { ...full, role: 'manifest', packing: 'plain' }],
  ['duplicity-full.20260106T030000Z.manifest.part.part', { ...full, role: 'manifest', packing: 'plain', partial: true }],
  ['duplicity-full.20260106T030000Z.vol007.difftar.', { ...full, role: 'volume', volume: 7, packing: 'plain' }],
  ['duplicity-full.20260106T030000Z.vol1.difftar.gz.old', { ...full, role: 'volume', volume: 1, packing: 'plain' }],
]
for (const [name, parts] of names) test(`parseName() reads ${name}`, () => assert.deepEqual(parseName(name), parts))

const unrelated = [
  '',
  'README',
  'PRIMARY_IS_web1',
  'duplicity-full.vol1.difftar.gz',
  'duplicity-full.20260106T030000Z.vol0.difftar.gz',
  'duplicity-full.20261306T030000Z.manifest',
  'duplicity-full.20260106T030000Z.manifesto',
  'duplicity-inc.20260106T030000Z.manifest',
  'duplicity-full.20260105T030000Z.to.20260106T030000Z.manifest',
  'duplicity-new-signatures.20260106T030000Z.sigtar.gz',
  'x-duplicity-full.20260106T030000Z.manifest',
  'duplicity-full.20260106T030000Z.vol.difftar',
  'duplicity-full.20260106T030000Z.vol1x.difftar',
  'duplicity-full.20260106T030000Z.vol1',
  'duplicity-full.20260106T030000Z.vol1.manifest',
  'duplicity-full.20260106T030000Z',
  'duplicity-full.20260106T03000.manifest',
  'duplicity-full.20260106T0300000.manifest',
  'duplicity-full.20260106 030000Z.manifest',
  'duplicity-full.20260106T240000Z.manifest',
  'duplicity-full.19000106T030000Z.manifest',
  'duplicity-full-signatures.20260106T030000Z.manifest',
  'duplicity-inc.20260105T030000Z.to.20261306T030000Z.manifest',
  'duplicity-inc.20261305T030000Z.to.20260106T030000Z.manifest',
]
for (const name of unrelated) test(`parseName() leaves "${name}" alone`, () => assert.equal(parseName(name), undefined))

test('parseName() wants the prefix that it is told, and no other', () => {
  const name = 'blog.duplicity-full.20260106T030000Z.manifest'
  assert.deepEqual(parseName(name, 'blog.'), { ...full, role: 'manifest', packing: 'plain' })
  assert.equal(parseName(name), undefined)
  assert.equal(parseName('duplicity-full.20260106T030000Z.manifest', 'blog.'), undefined)
})

test('formatStamp() writes times as duplicity does', () => assert.equal(formatStamp(time), '20260106T030000Z'))

const seconds = fc.integer({ min: Date.UTC(1971, 0) / 1000, max: Date.UTC(2099, 0) / 1000 }).map(value => value * 1000)
const anyName: fc.Arbitrary<DuplicityName> = fc
  .record({
    time: seconds,
    baseTime: fc.option(seconds, { nil: undefined }),
    role: fc.constantFrom('volume', 'manifest', 'signatures', 'statistics'),
    volume: fc.integer({ min: 1, max: 100_000 }),
    partial: fc.boolean(),
    packing: fc.constantFrom('plain', 'gzip', 'gpg'),
  })
  .map(({ baseTime: base, volume, ...rest }) => ({
    ...rest,
    kind: base === undefined ? 'full' : 'incremental',
    ...(base !== undefined && { baseTime: base }),
    ...(rest.role === 'volume' && { volume }),
  }))

test('parseName() undoes formatName()', () => {
  const prefix = fc.constantFrom('', 'blog.', 'duplicity-')
  fc.assert(fc.property(anyName, prefix, (parts, text) => assert.deepEqual(parseName(formatName(parts, text), text), parts)))
})

test('parseName() takes any text without failing', () => {
  fc.assert(fc.property(fc.string(), text => assert.equal(parseName(text), undefined)))
})

test('filesOfLostEpochs() takes what nobody wrote down of a set as of the full set of its chain', () => {
  const [DAY, first] = [86_400_000, Date.parse('2026-01-01T03:00:00Z')]
  const on = (day: number): string => formatStamp(first + day * DAY)
  const claimed = nextEpoch(undefined, { owner: 'web1', by: 'claim', now: first })
  const epoch = nextEpoch(claimed, { owner: 'web2', by: 'takeover', now: first + 2 * DAY, from: first + DAY })
  const [of1, of2] = [on(3), on(4)] // web1's clock is a day ahead
  const lost = [`duplicity-full.${of1}.manifest`, `duplicity-inc.${of1}.to.${on(5)}.manifest`]
  const counted = [
    `duplicity-full.${on(0)}.manifest`,
    `duplicity-full.${of2}.manifest`,
    `duplicity-inc.${of2}.to.${on(6)}.manifest`,
  ]
  const records = [
    { time: first + 3 * DAY, host: 'web1', epoch: 1 },
    { time: first + 4 * DAY, host: 'web2', epoch: 2 },
  ]
  const files = [...lost, ...counted].map(name => ({ name, bytes: 1 }))
  assert.deepEqual(
    filesOfLostEpochs(files, epoch, records).map(({ name }) => name),
    lost,
  )
})
