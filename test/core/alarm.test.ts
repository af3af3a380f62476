import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import {
  alarmSigns,
  isAlarm,
  isNoise,
  isProgram,
  type Night,
  programsToLookAt,
  suspicionOf,
  textsToLookAt,
} from '../../lib/core/alarm.ts'
import { type PageSketch, sketchOf } from '../../lib/core/page.ts'
import { planPrune } from '../../lib/core/retention.ts'
import { withRecords } from '../../lib/core/set-record.ts'
import {
  countedByKind,
  differenceOf,
  type FileMark,
  renamesIn,
  type WordPressSettings,
  type WordPressVersions,
} from '../../lib/core/site-state.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing } from '../duplicity/archive.ts'

/** A site as it is one night: its files with their contents, and what its database says. */
interface State {
  readonly files: Map<string, number>
  readonly versions: WordPressVersions
  readonly settings: WordPressSettings
  readonly page: PageSketch
}

/** A page with a menu that stays, and texts that do not. */
const pageOf = (title: string, text: string): string =>
  `<title>${title}</title><script>let ${text}</script><ul>${words('menu', 30)}</ul><p>${words(text, 200)}</p>`
const words = (stem: string, count: number): string => Array.from({ length: count }, (_, n) => `${stem}${n}`).join(' ')

const CORE = 300
const DATABASE = {
  siteUrls: ['https://blog.example'],
  activePlugins: ['shop/shop.php'],
  administrators: ['wp_users 1'],
} as const

/** The files of a folder, each with a content of its own in this version. */
const folder = (path: string, count: number, ending: string, version: number): [string, number][] =>
  Array.from({ length: count }, (_, n) => [`SITE/${path}${n}.${ending}`, n * 1000 + version])

function wordpress(): State {
  return {
    files: new Map([
      ['SITE/wp-includes/version.php', 1],
      ['SITE/index.php', 7],
      ['SITE/wp-config.php', 8],
      ...folder('wp-includes/a', CORE, 'php', 1),
      ...folder('wp-admin/b', CORE, 'js', 1),
      ...folder('wp-content/plugins/shop/c', 100, 'php', 1),
      ...folder('wp-content/themes/old/d', 40, 'php', 1),
      ...folder('wp-content/uploads/2026/e', 200, 'jpg', 1),
    ]),
    versions: { core: ['6.1'], plugins: { shop: '1' }, themes: { old: '1' } },
    settings: DATABASE,
    page: sketchOf(pageOf('A blog', 'old')),
  }
}

const listOf = ({ files }: State): Map<string, FileMark> =>
  new Map([...files].map(([path, hash]) => [path, { modifiedAt: hash, hash, form: '' }]))

/** The night in which one state became the other, with what a look at the files themselves says. */
function night(before: State, after: State, looked: Partial<Night> = {}): Night {
  return {
    before: { ...before, files: listOf(before) },
    after: { ...after, files: listOf(after) },
    isEmptied: false,
    programs: [],
    texts: { looked: 0, noise: 0 },
    stopped: undefined,
    ...looked,
  }
}

type Change = (state: State, random: number) => State
const withFiles = (state: State, files: Iterable<[string, number]>, news: Partial<WordPressVersions> = {}): State => ({
  ...state,
  files: new Map([...state.files, ...files]),
  versions: { ...state.versions, ...news },
})
const without = (state: State, pattern: RegExp): State => ({
  ...state,
  files: new Map([...state.files].filter(([path]) => !pattern.test(path))),
})
const withSettings = (state: State, news: Partial<WordPressSettings>): State => ({
  ...state,
  settings: { ...state.settings, ...news },
})

/** What an owner does in a week, and a site by itself. */
const ORDINARY: Readonly<Record<string, Change>> = {
  nothing: state => state,
  'a release of WordPress': (state, random) =>
    withFiles(
      state,
      [
        ...folder('wp-includes/a', random % CORE, 'php', random),
        ...folder('wp-admin/b', CORE, 'js', random),
        ['SITE/index.php', random],
      ],
      { core: [`6.${random}`] },
    ),
  'an update of a plugin': (state, random) =>
    withFiles(state, folder('wp-content/plugins/shop/c', 110, 'php', random), { plugins: { shop: `${random}` } }),
  'a new theme': (state, random) =>
    without(
      withFiles(state, folder(`wp-content/themes/new${random}/d`, 60, 'php', random), { themes: { [`new${random}`]: '1' } }),
      /themes\/old/,
    ),
  'many uploads': (state, random) => withFiles(state, folder(`wp-content/uploads/${random}/e`, 2000, 'jpg', random)),
  'pictures as WebP beside': state =>
    withFiles(
      state,
      [...state.files].filter(([path]) => path.endsWith('.jpg')).map(([path, hash]) => [`${path}.webp`, hash + 5]),
    ),
  'a cache that comes and goes': (state, random) =>
    withFiles(without(state, /cache/), folder(`wp-content/cache/${random}/f`, 900, 'html', random)),
  'a plugin that is installed': (state, random) =>
    withSettings(
      withFiles(state, folder(`wp-content/plugins/new${random}/c`, 50, 'php', random), {
        plugins: { ...state.versions.plugins, [`new${random}`]: '1' },
      }),
      { activePlugins: [...state.settings.activePlugins, `new${random}/new.php`] },
    ),
  'a colleague who becomes an administrator': (state, random) =>
    withSettings(state, { administrators: [...state.settings.administrators, `wp_users ${random}`] }),
  'a move to another address': (state, random) => withSettings(state, { siteUrls: [`https://${random}.example`] }),
  'news on the front page': (state, random) => ({
    ...state,
    page: sketchOf(pageOf(state.page.title, `news${random}`)),
  }),
  'a new title': (state, random) => ({ ...state, page: { ...state.page, title: `A blog ${random}` } }),
  'a release in a folder of its own': (state, random) => ({
    ...state,
    files: new Map([...state.files].map(([path, hash]) => [path.replace(/^SITE\//, `SITE/releases-${random}/`), hash])),
  }),
}

test('ordinary weeks raise no alarm', () => {
  const names = fc.constantFrom(...Object.keys(ORDINARY))
  fc.assert(
    fc.property(fc.array(fc.tuple(names, fc.integer({ min: 2, max: 900 })), { minLength: 1, maxLength: 8 }), weeks => {
      let state = wordpress()
      for (const [name, random] of weeks) {
        const after = ORDINARY[name]!(state, random)
        const signs = alarmSigns(night(state, after))
        assert.ok(!isAlarm(signs), `${name}: ${signs.join('; ')}`)
        state = after
      }
    }),
    { numRuns: 100 },
  )
})

test('a redesign with a release of everything, new pictures and a cache in one week raises no alarm', () => {
  const before = wordpress()
  const all = ['a release of WordPress', 'an update of a plugin', 'a new theme', 'many uploads', 'a plugin that is installed']
  const after = all.reduce((state, name) => ORDINARY[name]!(state, 77), before)
  assert.deepEqual(
    alarmSigns(night(before, after)).filter(sign => !sign.startsWith('other plugins are active')),
    [],
  )
})

const site = wordpress()
const shell = 'SITE/wp-content/uploads/2026/x.php'
/** What an intruder or an accident does, and the beginnings of the signs. */
const ATTACKS: readonly (readonly [string, State, Partial<Night>, readonly string[]])[] = [
  [
    'files rewritten with noise and renamed',
    { ...site, files: new Map([...site.files].map(([path, hash]) => [`${path}.locked`, hash + 1])) },
    { texts: { looked: 40, noise: 40 } },
    ['nearly all files are gone', '943 files are renamed to .locked', '40 of 40'],
  ],
  [
    'files rewritten with noise under their own names',
    { ...site, files: new Map([...site.files].map(([path, hash]) => [path, hash + 1])) },
    { texts: { looked: 40, noise: 38 } },
    ['nearly all files are rewritten: 943 of 943', 'files of WordPress 6.1 itself changed', '38 of 40'],
  ],
  ['an emptied SITE', { ...site, files: new Map() }, { isEmptied: true }, ['nearly all', 'nearly no files', 'SITE is empty']],
  [
    'a program in the uploads and a new administrator',
    withSettings(withFiles(site, [[shell, 3]]), { administrators: ['wp_users 1', 'wp_users 66'] }),
    { programs: [shell] },
    [`programs among the uploads: ${shell}`, 'new administrators: wp_users 66'],
  ],
  [
    'another front page',
    withFiles(site, [['SITE/index.php', 666]]),
    { stopped: 'it worked and does not any more: HTTP 200, without the expected text' },
    ['files of WordPress 6.1 itself changed: SITE/index.php', 'it worked'],
  ],
  [
    'another front page that works',
    { ...site, page: sketchOf('<title>Hacked</title><h1>We were here</h1>') },
    {},
    ['its front page was called "A blog", and is called "Hacked"', 'hardly a word of its front page is left'],
  ],
  [
    'a program among those of WordPress, and another address',
    withSettings(withFiles(site, [['SITE/wp-includes/x.php', 666]]), { siteUrls: ['https://spam.example'] }),
    {},
    ['files of WordPress 6.1 itself changed: SITE/wp-includes/x.php', 'its address was https://blog.example'],
  ],
]
for (const [what, after, looked, wanted] of ATTACKS)
  test(`alarmSigns() of ${what}`, () => {
    const signs = alarmSigns(night(site, after, looked))
    assert.ok(isAlarm(signs))
    assert.deepEqual(
      wanted.map((begin, index) => signs[index]?.slice(0, begin.length)),
      wanted,
      signs.join('\n'),
    )
    assert.equal(signs.length, wanted.length, signs.join('\n'))
  })

test('alarmSigns() knows nothing where nothing is known', () => {
  const empty = { files: undefined }
  assert.deepEqual(alarmSigns({ ...night(site, site), before: empty, after: { ...empty, versions: site.versions } }), [])
})

/** [file, content, whether it does anything] */
const PROGRAMS: readonly (readonly [string, string, boolean])[] = [
  ['index.php', '<?php\n// Silence is golden.\n', false],
  ['index.php', '<?php /* nothing */ ?>', false],
  ['index.php', '<?php if (', true],
  ['index.php', "<?php defined('ABSPATH') || exit;", false],
  ['index.php', "<?php\ndefined( 'ABSPATH' ) or die( 'no' );\nexit;", false],
  ['x.php', '<?php system($_GET[0]);', true],
  ['x.php', '<?=`$_GET[0]`?>', true],
  ['x.php', '<?php # ?> <?php eval($x);', true],
  ['x.php', 'just a text', false],
  ['x.phar', 'just a text', true],
  ['.htaccess', 'Deny from all', false],
  ['.htaccess', 'Options -Indexes -ExecCGI\nAddHandler cgi-script .php .pl .py', false],
  ['.htaccess', 'php_flag engine off', false],
  ['.htaccess', 'AddType application/x-httpd-php .jpg', true],
  ['.htaccess', '<Files "*.jpg">\n  SetHandler application/x-httpd-php\n</Files>', true],
  ['.htaccess', 'php_value auto_prepend_file /tmp/x', true],
  ['.htaccess', 'Options +ExecCGI', true],
  ['.user.ini', 'auto_prepend_file = x.jpg', true],
]
for (const [name, text, is] of PROGRAMS)
  test(`isProgram(${name}) is ${is} of ${JSON.stringify(text)}`, () => assert.equal(isProgram(`SITE/uploads/${name}`, text), is))

test('isNoise() tells encrypted bytes from texts of any language', () => {
  for (let run = 0; run < 50; run++) assert.ok(isNoise(randomBytes(256 + run * 80)))
  assert.ok(isNoise(deflateRawSync(Buffer.from(randomBytes(9000).toString('hex')))))
  for (const text of ['<?php echo 1;\n'.repeat(90), 'Grüße aus Köln, пока, 你好世界。'.repeat(30), '', 'x'])
    for (const encoding of ['utf8', 'latin1', 'utf16le'] as const)
      assert.ok(!isNoise(Buffer.from(text, encoding)), `${text} ${encoding}`)
  assert.ok(!isNoise(Buffer.from(randomBytes(9000).toString('base64'))))
})

test('nothing that a site writes keeps one busy', () => {
  for (const piece of ['<script', '/*', '<', '\n', '<?php #', 'die ', '<title>', '*', 'Options ']) {
    const text = `<?${piece.repeat(60_000)}`
    isProgram('SITE/uploads/a.php', text)
    isProgram('SITE/uploads/.htaccess', text)
    sketchOf(text.repeat(10))
  }
})

test('what is looked at: programs below uploads by their names, and a few of the texts that changed', () => {
  const diff = {
    added: [
      'SITE/wp-content/uploads/a.PHP',
      'SITE/wp-content/uploads/.htaccess',
      'SITE/b.php',
      'SITE/uploads/c.jpg',
      'SITE/d.css.x',
    ],
    changed: ['SITE/uploads/d.phar', ...Array.from({ length: 900 }, (_, n) => `SITE/${n}.html`)],
    removed: ['SITE/d.css'],
  }
  assert.deepEqual(programsToLookAt(diff), [...diff.added.slice(0, 2), 'SITE/uploads/d.phar'])
  assert.equal(textsToLookAt(diff).length, 40)
  assert.deepEqual(textsToLookAt({ ...diff, changed: [] }), ['SITE/d.css.x'])
  assert.deepEqual(renamesIn(diff), { ending: '.x', paths: ['SITE/d.css.x'] })
})

test('differenceOf() and countedByKind() are exact, whatever the lists are', () => {
  const lists = fc.dictionary(fc.constantFrom('a.php', 'b.jpg', 'c.html', 'd.css', 'e'), fc.integer({ min: 0, max: 2 }))
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      const marks = (list: Record<string, number>) =>
        new Map(Object.entries(list).map(([path, hash]) => [path, { modifiedAt: 0, hash, form: '' }]))
      const { added, changed, removed } = differenceOf(marks(a), marks(b))
      const again = new Map(Object.entries(a).filter(([path]) => !removed.includes(path)))
      for (const path of [...added, ...changed]) again.set(path, b[path]!)
      assert.deepEqual([...again].toSorted(), Object.entries(b).toSorted())
      const counts = Object.values(countedByKind({ added, changed, removed })).flatMap((each = [0, 0, 0]) => [...each])
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        added.length + changed.length + removed.length,
      )
    }),
  )
})

test('differenceOf() goes by times where the hashes are of two forms', () => {
  const list = (modifiedAt: number, hash: number, form: string) => new Map([['a', { modifiedAt, hash, form }]])
  assert.deepEqual(differenceOf(list(1, 1, 'x'), list(1, 2, 'y')).changed, [])
  assert.deepEqual(differenceOf(list(1, 1, 'x'), list(2, 1, 'y')).changed, ['a'])
  assert.deepEqual(differenceOf(list(1, 1, 'x'), list(2, 1, 'x')).changed, [])
})

test('suspicionOf() lasts until a person has looked, and nothing of a suspect site is pruned', () => {
  const suspect = ['SITE is empty', 'nearly no files are left']
  const records = [2, 3].map(day => ({ time: at(day), suspect }))
  const collection = withRecords(collectionOf(listing(...chainSketch(0, 1), ...chainSketch(2, 1))), records)
  assert.deepEqual(suspicionOf(collection, {}), { signs: suspect, since: at(2), good: at(1) })
  assert.equal(suspicionOf(collection, { cleared: at(3) }), undefined)
  assert.equal(suspicionOf(collection, { cleared: at(2) })?.since, at(3))
  const lost = collectionOf(listing(...chainSketch(0, 1), ...chainSketch(2, 1)))
  const own = { time: at(3), signs: suspect }
  assert.deepEqual(suspicionOf(lost, { suspect: own }), { signs: suspect, since: at(3), good: at(2) })
  assert.equal(suspicionOf(lost, { suspect: own, cleared: at(4) }), undefined)
  const plan = planPrune({ collection, allowanceBytes: 0, keepIncrementals: 0, suspect })
  assert.deepEqual([plan.action.kind, plan.reason.slice(0, 45)], ['none', 'the site is suspect (SITE is empty; nearly no'])
  assert.equal(planPrune({ collection, allowanceBytes: 0, keepIncrementals: 0 }).action.kind, 'strip-incrementals')
})
