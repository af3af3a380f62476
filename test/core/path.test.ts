import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Expected, type FolderStat, findWebRoot, type Kind, wrongWith } from '../../lib/core/path.ts'

const LIVE = '/srv/www/vhosts/blog'

/** A tree as a table: folders by their paths, links by `path -> target`. */
function lookIn(entries: readonly string[]): (way: string) => Kind {
  const kinds = new Map<string, Kind>(
    entries.map(entry => {
      const [path = '', link] = entry.split(' -> ')
      return [path.replace(/!$/, ''), link === undefined ? (path.endsWith('!') ? 'other' : 'folder') : { link }]
    }),
  )
  return way => kinds.get(way) ?? 'missing'
}

/** [what is there; where SITE is, or why it is refused; undefined where it is missing] */
const CASES: readonly (readonly [readonly string[], string | RegExp | undefined])[] = [
  [[], undefined],
  [['SITE'], 'SITE'],
  [['SITE!'], /^SITE is no folder$/],
  [['releases', 'releases/2', 'SITE -> releases/2'], 'releases/2'],
  [['releases', 'releases/2', 'SITE -> ./releases/../releases/2/'], 'releases/2'],
  [['releases', 'releases/2', 'current -> releases/2', 'releases/2/public', 'SITE -> current/public'], 'releases/2/public'],
  [['releases', 'releases/2', `SITE -> ${LIVE}/releases/2`], 'releases/2'],
  [['releases', 'SITE -> releases/3'], /^SITE is a link that leads nowhere \(to releases\/3\)$/],
  [['page!', 'SITE -> page'], /^SITE is a link to what is no folder/],
  [['SITE -> SITE'], /^SITE is a loop of links/],
  [['a -> b', 'b -> a', 'SITE -> a/x'], /^SITE is a loop of links/],
  [['SITE -> /etc'], /^SITE is a link out of the site's folder \(to \/etc\)/],
  [[`SITE -> ${LIVE}2/x`], /out of the site's folder/],
  [['SITE -> ../shop/SITE'], /out of the site's folder/],
  [['a', 'SITE -> a/../../blog/a'], /out of the site's folder/],
  [['SITE -> .'], /^SITE is a link to the site's own folder/],
  [[`SITE -> ${LIVE}`], /^SITE is a link to the site's own folder/],
]
for (const [entries, wanted] of CASES) {
  test(`findWebRoot() of ${entries.join(', ') || 'nothing'}`, () => {
    const found = findWebRoot(LIVE, lookIn(entries))
    if (wanted === undefined) assert.equal(found.kind, 'missing')
    else if (typeof wanted === 'string') assert.deepEqual(found, { kind: 'folder', way: wanted })
    else assert.match(found.kind === 'refused' ? found.why : '', wanted)
  })
}

test('findWebRoot() comes to an end, looks through no link, and gives only folders below the site', () => {
  const name = fc.constantFrom('SITE', 'a', 'b', 'c')
  const link = fc
    .array(fc.constantFrom('..', '.', 'a', 'b', 'c', 'SITE'), { minLength: 1, maxLength: 4 })
    .map(parts => parts.join('/'))
  const tree = fc.dictionary(
    name,
    fc.oneof(
      fc.constant('folder' as const),
      link.map(text => ({ link: text })),
    ),
  )
  fc.assert(
    fc.property(tree, names => {
      const kindAt = (way: string): Kind => (way.includes('/') ? 'folder' : (names[way] ?? 'missing'))
      const found = findWebRoot(LIVE, way => {
        const [top = '', ...rest] = way.split('/')
        assert.ok(rest.length === 0 || names[top] === 'folder', way)
        return kindAt(way)
      })
      if (found.kind !== 'folder') return
      assert.ok(found.way.split('/').every(part => !['', '.', '..'].includes(part)))
      assert.equal(names[found.way.split('/')[0]!], 'folder')
    }),
  )
})

const share: FolderStat = { device: 7, owner: 0, group: 100, links: 5, size: 4096, isFolder: true }
const around: FolderStat = { ...share, device: 1 }
const table: [string, Partial<FolderStat>, Expected, boolean, string[]][] = [
  ['nothing against a mount that nothing is said about', {}, {}, true, []],
  ['nothing against one that is as expected', {}, { owner: 0, group: 100, links: 5, maxSize: 4097 }, true, []],
  ['nothing against a plain folder on the same device', { device: 1 }, {}, false, []],
  ['a bare mount point', { device: 1 }, {}, true, ['nothing is mounted there: it is on the same device as the folder around it']],
  ['a file', { isFolder: false }, {}, true, ['it is no folder']],
  ['an owner', { owner: 33 }, { owner: 0 }, true, ['its owner is 33, wanted 0']],
  ['a group', {}, { group: 33 }, true, ['its group is 100, wanted 33']],
  ['a link count', { links: 2 }, { links: 5 }, true, ['its links is 2, wanted 5']],
  ['a size at the limit', {}, { maxSize: 4096 }, true, ['its size is 4096, wanted less than 4096']],
  ['owner 0 where 0 is found', { owner: 0 }, { owner: 0 }, true, []],
]
for (const [name, found, expected, isMount, wrong] of table) {
  test(`wrongWith() finds ${name}`, () => assert.deepEqual(wrongWith({ ...share, ...found }, around, expected, isMount), wrong))
}

test('wrongWith() says all at once', () => {
  const wrong = wrongWith({ ...around, isFolder: false }, around, { owner: 1, group: 2, links: 3, maxSize: 4 }, true)
  assert.equal(wrong.length, 6)
})
