import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { apply, changed, file, folderAt, gone, link, madeTree, OLD, signed } from '../support/applied-set.ts'
import { type Chance, chanceFrom } from '../support/chance.ts'
import { type Member, tarOf } from '../support/crafted-change.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { snapshot } from '../support/snapshot.ts'

/** How many sets: `HOLDFAST_CRAFTED=2000`. */
const SETS = Number(process.env.HOLDFAST_CRAFTED ?? 15)
const SEED = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1e9)
const NEW = Buffer.from('what is there now')

/** Each change with what is signed of it, in their order. */
type Pair = readonly [change: Member, signature: Member]
const same = (member: Member): Pair => [member, member]
const HONEST: readonly Pair[] = [
  [file('a/b', NEW), signed('a/b', NEW)],
  same(gone('a/b/inner')),
  [changed('a/file', [0, 5], NEW), signed('a/file', Buffer.concat([OLD.subarray(0, 5), NEW]))],
  same(link('a/way', '../../outside')),
  same(folderAt('m')),
  [file('m/new', NEW), signed('m/new', NEW)],
  same({ name: 'snapshot/pipe', type: 'pipe' }),
  same(gone('z')),
]

const EVIL = [
  ...['../outside/file', '../outside/new', '..', '.', '', '/outside/file', 'a/out/file', 'a/out/new', 'a/way/file', 'a/way/new'],
  ...[
    'a/../../outside/file',
    'a//file',
    './a/file',
    'm/..',
    'm/../../outside/new',
    'pipe/x',
    'z/x',
    '../tree/x',
    'a/file\0',
    'a/out',
  ],
]

/** Does one evil thing to a set; gives what it was, for whoever reads of a failure. */
function spoil(pairs: Pair[], chance: Chance): string {
  const of = <Item>(items: readonly Item[]): Item => items[chance(items.length)]!
  const at = chance(pairs.length)
  const [change, signature] = pairs[at]!
  const evil = of(EVIL)
  const named = (member: Member): Member => ({ ...member, name: member.name.replace(/\/.*/s, `/${evil}`) })
  const acts: Readonly<Record<string, () => unknown>> = {
    [`${change.name} is called ${evil}`]: () => pairs.splice(at, 1, [named(change), named(signature)]),
    [`${evil} is written before ${change.name}`]: () => pairs.splice(at, 0, [file(evil, NEW), signed(evil, NEW)]),
    [`${evil} is changed before ${change.name}`]: () => pairs.splice(at, 0, [changed(evil, [0, 4], NEW), signed(evil, NEW)]),
    [`${evil} is deleted before ${change.name}`]: () => pairs.splice(at, 0, same(gone(evil))),
    [`a link ${evil} before ${change.name}`]: () =>
      pairs.splice(at, 0, same(link(evil, of(['../outside', '/etc', 'm']))) as Pair),
    [`${change.name} is a link`]: () => pairs.splice(at, 1, same({ ...change, type: 'link', target: '../outside' })),
    [`${change.name} is of another kind`]: () => {
      const type = of(['file', 'link', 'folder', 'pipe', 'device', 'hard'] as const)
      pairs.splice(at, 1, [{ ...change, type, target: '../outside/file' }, signature])
    },
    [`${change.name} holds something else`]: () => {
      const content = of([NEW.subarray(1), Buffer.alloc(3000, 'D'), Buffer.from('rs\x026T'), undefined])
      pairs.splice(at, 1, [{ ...change, content } as Member, signature])
    },
    [`${change.name} is another's`]: () => pairs.splice(at, 1, [{ ...change, uid: 33 }, signature]),
    [`${change.name} is left out`]: () => pairs.splice(at, 1),
    [`${change.name} comes twice`]: () => pairs.splice(at, 0, pairs[at]!),
    [`${change.name} comes first`]: () => pairs.unshift(...pairs.splice(at, 1)),
  }
  const [what, act] = of(Object.entries(acts))
  act()
  return what
}

/** Another bit somewhere, or an early end. */
function tear(tar: Buffer, chance: Chance): Buffer {
  if (chance(3) === 0) return tar.subarray(0, chance(tar.length))
  const torn = Buffer.from(tar)
  const at = chance(tar.length)
  torn[at] = torn[at]! ^ (1 << chance(8))
  return torn
}

test(`${SETS} sets that no duplicity makes are refused, or change the tree and nothing beside it (seed ${SEED})`, () => {
  const chance = chanceFrom(SEED)
  const folder = quickFolder('crafted-sets')
  const counts = { refused: 0, applied: 0 }
  for (let set = 0; set < SETS; set++) {
    const { around, tree } = madeTree(folder)
    const outside = () => snapshot(around, path => path === 'tree')
    const before = outside()
    const pairs = [...HONEST]
    const told = Array.from({ length: 1 + chance(2) }, () => spoil(pairs, chance))
    let [volume, signatures] = [0, 1].map(side => tarOf(pairs.map(pair => pair[side]!))) as [Buffer, Buffer]
    const isTorn = chance(4) === 0
    if (isTorn && chance(2) === 0) volume = tear(volume, chance)
    else if (isTorn) signatures = tear(signatures, chance)
    const { status, stderr, stdout } = apply(tree, [volume], signatures, { isFree: chance(2) === 0 })
    const what = `set ${set}: ${told.join('; ')}${isTorn ? '; torn' : ''}: ${status} ${stderr}`
    assert.deepEqual(outside(), before, what)
    assert.ok(status === 0 || (status === 1 && stderr !== ''), what)
    if (status === 0) assert.equal(stdout.split('\0').length - 2, Object.keys(snapshot(tree)).length, what)
    counts[status === 0 ? 'applied' : 'refused'] += 1
    if (SETS > 100 && set % 100 === 0) console.log(`set ${set}: ${JSON.stringify(counts)}`)
    rmSync(around, { recursive: true })
  }
  assert.ok(counts.refused > counts.applied)
})
