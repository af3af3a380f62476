import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { archiveReport, pruningReport } from '../../lib/core/archive-report.ts'
import { type Finding, verdictOf } from '../../lib/core/finding.ts'
import { planPrune } from '../../lib/core/retention.ts'
import type { SiteReport } from '../../lib/core/site-report.ts'
import { judge } from '../../lib/core/verdict.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing, type SetSketch } from '../duplicity/archive.ts'

const DAY = 86_400_000

/** The verdict on a site that this host owns, with these sets in its archive, looked at on the fourth day. */
function judged(
  sketches: SetSketch[],
  { allowanceBytes = 1e6, ...more }: Partial<SiteReport> = {},
  known: string[] = [],
): readonly Finding[] {
  const collection = collectionOf(listing(...sketches))
  const pruning = pruningReport(planPrune({ collection, allowanceBytes, keepIncrementals: 1 }))
  const archive = archiveReport('blog', collection, more.seenAt ?? at(4), text => known.includes(text))
  return judge({ ...archive, role: 'primary', reason: 'web1 owns it', staleAfter: 2 * DAY, allowanceBytes, pruning, ...more })
}

const well = chainSketch(0, 3)
const torn: SetSketch = { day: -9, volumes: [1, 3] }
const TORN = 'full set of 20251223T000000Z: volume 2 is missing'
const cases: [what: string, sketches: SetSketch[], told: Partial<SiteReport>, level?: Finding['level'], text?: RegExp][] = [
  ['nothing in a site that is well', well, {}],
  ['nothing two days after the newest backup', well, { seenAt: at(5) }],
  ['a newest backup that is too old', well, { seenAt: at(5) + 1 }, 'failed', /^no backup for 2 days$/],
  ['the same on a replica', well, { seenAt: at(5) + 1, role: 'replica' }, 'failed', /^no backup for 2 days$/],
  ['that there is none', [], {}, 'failed', /^there is no backup that could be restored$/],
  [
    'a backup of tomorrow',
    well,
    { seenAt: at(2) },
    'failed',
    /^the newest backup is of 2026-01-04 00:00:00 UTC, 24 h ahead of this clock/,
  ],
  [
    'too much, and nothing that may go',
    well,
    { allowanceBytes: 100 },
    'attention',
    /^over its allowance, 440 bytes of 100 bytes, and nothing can go: only the primary chain is left\. Raise max_NAS_space/,
  ],
  ['nothing of too much on a replica, which does not prune', well, { allowanceBytes: 100, role: 'replica' }],
  [
    'too much that pruning will free',
    [...chainSketch(-9, 2), ...well],
    { allowanceBytes: 500 },
    'remark',
    /: the next run frees 330 bytes$/,
  ],
  ['a pruning that is stopped', well, { allowanceBytes: 100, frozen: 'why' }, 'attention', /^pruning is stopped: why$/],
  [
    'a conflict, whatever its archive is',
    [],
    { role: 'conflict', reason: 'both', choices: ['if a: b'] },
    'attention',
    /^conflict: both\n {2}if a: b$/,
  ],
  ['a site that was handed to this host', [], { role: 'incoming', reason: 'it was' }, 'remark', /^incoming: it was$/],
  ['damage in an older chain that is news', [torn, ...well], {}, 'attention', new RegExp(`^${TORN}$`)],
  ['a wrong setting', well, { settings: ['max_NAS_space says "lots"'] }, 'remark', /lots/],
  ['work that failed', well, { work: [{ level: 'failed', text: 'Back up: no room' }] }, 'failed', /no room/],
  [
    'a desktop without room that pruning makes',
    well,
    { room: { enough: false, prunable: true, reason: 'too little' } },
    'remark',
    /too little/,
  ],
  ['a desktop without room', well, { room: { enough: false, prunable: false, reason: 'too little' } }, 'attention', /too little/],
  ['nothing in a site that nobody manages', [], { role: 'unmanaged' }],
]
for (const [what, sketches, told, level, text] of cases) {
  test(`judge() finds ${what}`, () => {
    const findings = judged(sketches, told)
    assert.deepEqual(
      findings.map(finding => finding.level),
      level === undefined ? [] : [level],
      JSON.stringify(findings),
    )
    if (text) assert.match(findings[0]!.text, text)
  })
}

test('judge() counts only backups that restore', () => {
  assert.deepEqual(judged([...well, { day: 4, base: 3, volumes: [2] }], { seenAt: at(6) }), [
    { level: 'failed', text: 'no backup for 3 days' },
    { level: 'attention', text: 'incremental set of 20260105T000000Z: volume 1 is missing' },
  ])
})

test('judge() only remarks on damage that was told before, once a newer chain is whole', () => {
  assert.deepEqual(judged([torn, ...well], {}, [TORN]), [{ level: 'remark', text: TORN }])
  assert.deepEqual(judged([torn], { seenAt: at(-8) }, [TORN])[1], { level: 'attention', text: TORN })
})

test('judge() only remarks on what may be a backup that is being written', () => {
  const [first, ...more] = judged([...well, { day: 4, base: 3, manifest: false, signatures: false }])
  assert.equal(first!.level, 'remark')
  assert.match(first!.text, /^1 set is part of no chain: incremental set of 20260105T000000Z: the manifest is missing/)
  assert.deepEqual(more, [])
})

test('judge() says nothing of the archive of a site that was not looked at', () => {
  assert.deepEqual(judge({ site: 'blog', role: 'primary', staleAfter: 1 }), [])
})

test('verdictOf() is that of the worst finding', () => {
  const level = fc.constantFrom<Finding['level']>('failed', 'attention', 'remark')
  fc.assert(
    fc.property(fc.array(fc.record({ level })), findings => {
      const rank = { failed: 2, attention: 1, remark: 0 }
      const worst = Math.max(0, ...findings.map(finding => rank[finding.level]))
      assert.equal(verdictOf(findings), (['well', 'needs attention', 'failed'] as const)[worst])
    }),
  )
})

test('judge() ends what a person can settle with the command for it, where that is typed on this host', () => {
  const commandPlace = { folder: '/opt/hold fast', words: ['--inventory', '/etc/inventories'] }
  const told: SiteReport = {
    site: "o'hara",
    role: 'primary',
    commandPlace,
    seenAt: 0,
    newestBackup: 1000,
    shrinkage: 'it has shrunk',
    broken: { level: 'attention', text: 'it does not work' },
  }
  const site = "--site 'o'\\''hara'"
  const command = (task: string, options: string) =>
    `cd '/opt/hold fast' && npx zx tasks/${task}.ts ${options} --inventory /etc/inventories`
  const texts = judge(told).map(({ text }) => text)
  assert.equal(texts.length, 3)
  for (const end of [
    `it does not work\n  ${command('recover', `${site} --last-good`)}`,
    `If this clock is right: ${command('nightly', `${site} --set-aside-future`)}`,
    `it has shrunk: ${command('nightly', `${site} --accept-shrinkage`)}`,
  ])
    assert.ok(
      texts.some(text => text.endsWith(end)),
      `${end}\n${texts.join('\n')}`,
    )
})
