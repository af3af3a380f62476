import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chanceFrom } from './chance.ts'
import { damageArchive, HARMS } from './damage.ts'
import { ownFolder } from './host.ts'
import { snapshot } from './snapshot.ts'

const archive = join(ownFolder('damage'), 'archive')
const T = '20260105T030000Z'
const NAMES = [
  ...['.vol1.difftar.gpg', '.vol2.difftar.gpg', '.manifest.gpg'].map(end => `duplicity-full.${T}${end}`),
  ...['.vol1.difftar.gpg', '.manifest.gpg'].map(end => `duplicity-inc.${T}.to.20260106T030000Z${end}`),
  `duplicity-full-signatures.${T}.sigtar.gpg`,
]

function fill(): Record<string, string> {
  rmSync(archive, { recursive: true, force: true })
  mkdirSync(archive)
  for (const [index, name] of [...NAMES, 'PRIMARY_IS_web1'].entries())
    writeFileSync(join(archive, name), Buffer.alloc(5000, index))
  return contents()
}
/** Without times, which the damage may or may not change. */
const contents = (): Record<string, string> => {
  const { '': _, ...files } = snapshot(archive)
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.split(' ').slice(4).join(' ')]))
}

test('damageArchive() changes just the files that it names, the same for the same seed, and comes to every harm of every role', () => {
  const seen = new Set<string>()
  for (let seed = 1; seed <= 200; seed++) {
    const before = fill()
    const damage = damageArchive(archive, chanceFrom(seed))
    const after = contents()
    assert.deepEqual(
      NAMES.filter(name => before[name] !== after[name]).toSorted(),
      damage.files.toSorted(),
      `${seed}: ${damage.text}`,
    )
    assert.ok(readdirSync(archive).includes('PRIMARY_IS_web1'))
    seen.add(`${damage.role} ${damage.harm}`)
    fill()
    assert.deepEqual(damageArchive(archive, chanceFrom(seed)), damage)
    assert.deepEqual(contents(), after)
  }
  assert.equal(seen.size, 3 * HARMS.length - 1) // the one signatures have no other to be swapped with
})

test('damageArchive() keeps to what it was asked for', () => {
  for (let seed = 1; seed <= 20; seed++) {
    fill()
    const { role, harm, files } = damageArchive(archive, chanceFrom(seed), {
      roles: ['volume'],
      harms: ['cut', 'missing'],
      names: /^duplicity-inc/,
    })
    assert.deepEqual([role, files], ['volume', [`duplicity-inc.${T}.to.20260106T030000Z.vol1.difftar.gpg`]])
    assert.match(harm, /^(cut|missing)$/)
  }
  assert.throws(() => damageArchive(archive, chanceFrom(1), { names: /nowhere/ }), /nothing to damage/)
})
