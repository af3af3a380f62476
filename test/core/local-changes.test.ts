import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { changesBetween, changesText, isEdited, isUntouched, isWritten, type SiteLook } from '../../lib/core/local-changes.ts'
import { isNoiseTable, type PathClass, pathClass } from '../../lib/core/wordpress-noise.ts'
import { withoutPrefix } from '../../lib/core/written-tables.ts'

const paths: [string, PathClass][] = [
  ['SITE/wp-content/cache/page_enhanced/blog.org/_index.html', 'noise'],
  ['SITE/wp-content/cache/supercache/blog.org/index.php', 'noise'],
  ['SITE/wp-content/uploads/cache/1.jpg', 'noise'],
  ['SITE/wp-content/uploads/sites/2/elementor/css/post-9.css', 'noise'],
  ['SITE/wp-content/wflogs/attack-data.php', 'noise'],
  ['SITE/wp-content/debug.log', 'noise'],
  ['SITE/wp-content/uploads/wc-logs/fatal-errors.log', 'noise'],
  ['SITE/error_log', 'noise'],
  ['SITE/.maintenance', 'noise'],
  ['SITE/web/app/cache/acorn/x.php', 'noise'],
  ['SITE/storage/framework/views/1.php', 'noise'],
  ['SITE/wp-content/database/.ht.sqlite', 'unknown'],
  ['SITE/wp-content/database/.ht.sqlite-wal', 'unknown'],
  ['SITE/wp-content/uploads/2026/01/cat.jpg', 'upload'],
  ['SITE/web/app/uploads/2026/01/cat.jpg', 'upload'],
  ['SITE/blog/wp-content/blogs.dir/2/files/cat.jpg', 'upload'],
  ['SITE/wp-content/plugins/cached/cache.php', 'file'],
  ['SITE/wp-content/advanced-cache.php', 'file'],
  ['SITE/cachet/index.php', 'file'],
  ['SITE/catalog.php', 'file'],
  ['SITE/.htaccess', 'file'],
  ['SITE/page-5.html', 'file'],
]
for (const [path, wanted] of paths) test(`pathClass() of ${path} is ${wanted}`, () => assert.equal(pathClass(path), wanted))

for (const [table, wanted] of [
  ['actionscheduler_logs', true],
  ['woocommerce_sessions', true],
  ['wfHits', true],
  ['statistics_visitor', true],
  ['redirection_404', true],
  ['redirection_items', false],
  ['posts', false],
  ['wc_orders', false],
  ['workflows', false],
  ['wflowers', false],
  ['options', false],
] as const)
  test(`isNoiseTable() of ${table} is ${wanted}`, () => assert.equal(isNoiseTable(table), wanted))

test('withoutPrefix() knows the tables of a WordPress, and those of a site of a network', () => {
  assert.deepEqual(
    ['wp_posts', 'wp_2_posts', 'wp2_posts', 'posts'].map(name => withoutPrefix(name, 'wp_')),
    ['posts', 'posts', undefined, undefined],
  )
})

const WAS: SiteLook = {
  files: { SITE: '755 33:33 folder', 'SITE/index.php': '10 1.0 5', 'SITE/wp-content/uploads/a.jpg': '10 1.0 6' },
  tables: { 'b.wp_options': '1', 'trigger b.on_insert': 'x', 'c.other': '1' },
  rows: { 'b.wp_posts': { 1: 'post a', 2: 'upload b' }, 'b.wp_comments': { 1: 'comment c' } },
}
const is = (more: Partial<SiteLook>): SiteLook => ({ ...WAS, ...more })

/** What is there now, what is told of it, whether the whole site is kept, and the databases that are as they were. */
const rows: [string, SiteLook, string, boolean, string[]][] = [
  ['nothing', WAS, '', false, ['b', 'c']],
  [
    'a cache and a log in new folders',
    is({ files: { ...WAS.files, 'SITE/cache': '755 33:33 folder', 'SITE/cache/x': '1 2.0 9', 'SITE/debug.log': '1 2.0 10' } }),
    '',
    false,
    ['b', 'c'],
  ],
  ['options that nobody can tell', is({ tables: { ...WAS.tables, 'b.wp_options': '2' } }), '', false, ['c']],
  ['a trigger', is({ tables: { ...WAS.tables, 'trigger b.on_insert': 'y' } }), '', false, ['c']],
  ['another mode of a folder', is({ files: { ...WAS.files, SITE: '777 33:33 folder' } }), '', false, ['b', 'c']],
  [
    'comments and an order',
    is({
      rows: {
        ...WAS.rows,
        'b.wp_comments': { 1: 'comment c', 2: 'comment d', 3: 'comment e' },
        'b.wp_posts': { ...WAS.rows['b.wp_posts'], 9: 'order f' },
      },
    }),
    '2 comments, 1 order',
    false,
    ['c'],
  ],
  ['a comment that is gone', is({ rows: { ...WAS.rows, 'b.wp_comments': {} } }), '1 comment removed', false, ['c']],
  [
    'a post that was changed',
    is({ rows: { ...WAS.rows, 'b.wp_posts': { 1: 'post z', 2: 'upload b' } } }),
    '1 post changed',
    true,
    ['c'],
  ],
  [
    'a picture: its row and all its sizes are one upload',
    is({
      files: { ...WAS.files, 'SITE/wp-content/uploads/b.jpg': '1 2.0 9', 'SITE/wp-content/uploads/b-150x150.jpg': '1 2.0 8' },
      rows: { ...WAS.rows, 'b.wp_posts': { ...WAS.rows['b.wp_posts'], 3: 'upload g' } },
    }),
    '1 upload',
    false,
    ['c'],
  ],
  [
    'uploads without rows',
    is({ files: { ...WAS.files, 'SITE/wp-content/uploads/b.jpg': '1 2.0 9', 'SITE/wp-content/uploads/c.jpg': '1 2.0 8' } }),
    '2 uploads (SITE/wp-content/uploads/b.jpg, SITE/wp-content/uploads/c.jpg)',
    false,
    ['b', 'c'],
  ],
  ['code', is({ files: { ...WAS.files, 'SITE/index.php': '11 2.0 5' } }), '1 file (SITE/index.php)', true, ['b', 'c']],
  [
    'a table of which the rows were not known before',
    { ...WAS, rows: { ...WAS.rows, 'b.wp_users': { 1: 'user a' } } },
    '',
    false,
    ['c'],
  ],
]
for (const [what, now, text, edited, untouched] of rows) {
  test(`changesBetween() finds ${what}`, () => {
    const changes = changesBetween(WAS, now)
    assert.equal(changesText(changes), text)
    assert.equal(isWritten(changes), text !== '')
    assert.equal(isEdited(changes), edited)
    assert.deepEqual(
      ['b', 'c'].filter(name => isUntouched(changes, name)),
      untouched,
    )
  })
}

test('changesBetween() keeps nothing apart that was last changed while the site was asked, and tells it', () => {
  const asked = { from: 5000, to: 6000 }
  const path = 'SITE/wp-content/uploads/b.css'
  const found = (time: string, was: SiteLook = { ...WAS, asked }) =>
    changesBetween(was, is({ files: { ...WAS.files, [path]: `1 ${time} 9`, 'SITE/cache/x': `1 ${time} 8` } }))
  for (const time of ['4.995', '5.5', '6.0']) assert.deepEqual([found(time).files, found(time).unknown], [[], [path]], time)
  for (const time of ['4.9', '6.1']) assert.equal(found(time).files.length, 1, time)
  assert.equal(found('5.5', WAS).files.length, 1)
  assert.equal(found('5.5').noise, 1)
  assert.equal(changesBetween({ ...WAS, asked }, is({ files: {} })).files.length, 2, 'what is gone')
})

test('changesText() shows what strangers call their things on one line, without commands for a terminal', () => {
  const row = (key: string, label: string) => ({ kind: 'comment', table: 'b.wp_comments', key, how: 'added', label }) as const
  const changes = {
    rows: [
      row('1', 'Ann\u001b[31m\nFAILED'),
      row('2', '\u202egro.gnola'),
      row('3', 'x'.repeat(500)),
      row('4', 'D'),
      row('5', 'D'),
    ],
    files: [],
    unknown: [],
    noise: 0,
  }
  assert.equal(changesText(changes), `5 comments by Ann FAILED, ?gro.gnola, ${'x'.repeat(59)}…, 1 more`)
})

test('whatever visits leave in caches, nothing was written; one file more is told, whatever lies around it', () => {
  const name = fc.stringMatching(/^[a-z]{1,6}(\.(php|html|css))?$/)
  const noise = fc.tuple(
    fc.constantFrom('SITE/wp-content/cache', 'SITE/wp-content/uploads/cache', 'SITE/wp-content/wflogs'),
    fc.array(name, { minLength: 1, maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(noise), fc.boolean(), (left, hasUpload) => {
      const files = Object.fromEntries(left.map(([folder, parts], index) => [`${folder}/${parts.join('/')}`, `1 ${index} 1`]))
      const upload = hasUpload ? { 'SITE/wp-content/uploads/2026/cat.jpg': '1 1 1' } : {}
      const changes = changesBetween(WAS, is({ files: { ...WAS.files, ...files, ...upload } }))
      assert.equal(isWritten(changes), hasUpload)
      assert.equal(changes.noise, Object.keys(files).length)
    }),
  )
})
