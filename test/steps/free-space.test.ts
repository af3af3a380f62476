import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Roles } from '../../lib/host/site.ts'
import { checkFreeSpace } from '../../lib/steps/archive.ts'
import type { Archive, FreeSpace } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, ownFolder, siteOf } from '../support/host.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'

const folder = ownFolder('free-space')
const bin = join(folder, 'bin')
const archive = { kind: 'folder', root: join(folder, 'archive') } as unknown as Archive
mkdirSync(join(folder, 'archive'))

/** Checks the free space when `df` says that there are so many bytes, with sites of these allowances in MB. */
async function check(script: string, factor: number, allowances: string[], where = archive) {
  const host = hostIn(folder, { freeSpaceFactor: factor })
  const sites = allowances.map((text, index) => {
    const site = siteOf(host, `site${index}`)
    mkdirSync(site.folder, { recursive: true })
    writeFileSync(join(site.folder, 'max_NAS_space'), text)
    return site
  })
  const given: FreeSpace[] = []
  const look = async ({ freeSpace }: Needs<'freeSpace'>) => void given.push(freeSpace)
  const chain = recipe<Needs<'host' | 'archive' | 'roles'>>().do(checkFreeSpace).do({ name: 'look', title: 'look', run: look })
  fakeProgram(bin, 'df', script)
  const roles: Roles = { primaries: sites, replicas: [], others: [] }
  const performed = await whilePathHas(bin, () => perform(chain, { host, archive: where, roles }))
  return { performed, freeSpace: given[0], notes: notesOf(performed) }
}
const bytes = (count: number): string => `echo Avail; echo ${count}`

/** [free MB, factor, allowances, whether a full backup may start] */
const table: [number, number, string[], boolean][] = [
  [1000, 10, ['100', '50'], true],
  [999, 10, ['100', '50'], false],
  [5000, 10, ['100', '501'], false],
  [9_999, 10, ['lots'], false],
  [10_000, 10, ['lots'], true],
  [0, 10, [], true],
  [0, 0, ['1000'], true],
]
for (const [free, factor, allowances, allowed] of table) {
  test(`checkFreeSpace ${allowed ? 'allows' : 'forbids'} full backups with ${free} MB, ${factor} times the largest of ${allowances.join(', ') || 'none'}`, async () => {
    const { freeSpace, notes } = await check(bytes(free * 1e6), factor, allowances)
    assert.equal(freeSpace!.bytes, free * 1e6)
    assert.equal(freeSpace!.fullBackups.allowed, allowed)
    assert.match(
      notes[0]!,
      allowed
        ? /^info: [\d.]+ \w+ free, [\d.]+ \w+ required/
        : /^problem: no full backup will start(, but for the first of a site)?: .* required \(freeSpaceFactor, 10, times the largest allowance, .* of site\d\)\. Free some room there, lower max_NAS_space of site\d, or freeSpaceFactor in the inventory$/,
    )
  })
}

test('checkFreeSpace lets a site have its first full where there is room for its allowance, though not for many times that', async () => {
  for (const [free, first] of [
    [499, false],
    [500, true],
  ] as const)
    assert.equal((await check(bytes(free * 1e6), 10, ['500', '20'])).freeSpace!.fullBackups.first, first)
})

test('checkFreeSpace asks the real df, also of an archive that is not there yet', async () => {
  for (const root of [join(folder, 'archive'), join(folder, 'not yet')]) {
    const { freeSpace } = await check('PATH=$REAL exec df "$@"', 0, ['1'], { kind: 'folder', root } as unknown as Archive)
    assert.ok(freeSpace!.bytes! > 1e6)
  }
})

test('checkFreeSpace fails when df says nothing that is a number', async () => {
  const { performed } = await check('echo Avail; echo -', 1, [])
  assert.match(outcomeOf(performed, 'free-space').reason!, /^df gave no number: Avail\n-$/)
})

test('checkFreeSpace lets a URL, which does not tell its space, have full backups', async () => {
  const url = { kind: 'url', base: 's3://b', options: [] } as unknown as Archive
  const { freeSpace } = await check('exit 1', 10, ['1000'], url)
  assert.deepEqual([freeSpace!.bytes, freeSpace!.fullBackups.allowed], [undefined, true])
})
