import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..')
const files = globSync('{lib,tasks,hosts}/**/*.ts', { cwd: ROOT }).toSorted()
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The code without its comments: those may speak of anything. */
const codeOf = (file: string): string =>
  textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '')

/** What a file imports: files of the project by their path from its root, packages and node's modules by their name. */
function importsOf(file: string): string[] {
  const found = codeOf(file).matchAll(
    /(?:^|\n)(?:import|export)\b[^'"\n]*?(?:\{[^}]*\}[^'"\n]*?)?from\s+'([^']+)'|\bimport\(\s*'([^']+)'|(?:^|\n)import '([^']+)'/g,
  )
  return [...found]
    .map(match => (match[1] ?? match[2] ?? match[3])!)
    .map(name => (name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name))
}

/** Which part of the house a file is in: `core`, `steps`, …; `main` for lib/main.ts itself. */
function partOf(file: string): string {
  if (file.startsWith('lib/duplicity/io/')) return 'duplicity/io'
  const [top, second = ''] = file.split('/')
  if (top !== 'lib') return top!
  return second.endsWith('.ts') ? 'main' : second
}

/** The floors of the house: a part may use those below it, and itself. */
const FLOORS = [
  ['core'],
  ['inventory', 'duplicity', 'report', 'engine', 'web-server', 'sandbox'],
  ['host'],
  ['store', 'database', 'wordpress'],
  ['duplicity/io'],
  ['restore', 'replay'],
  ['site-mode'],
  ['restore-test'],
  ['site'],
  ['steps'],
  ['moves'],
  ['parts'],
  ['notify'],
  ['program'],
  ['main'],
  ['tasks', 'hosts'],
]
const floorOf = (part: string): number => FLOORS.findIndex(parts => parts.includes(part))

/** Parts that stand beside the house or that a floor's neighbour may use, each for its own reason. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  inventory: ['core'],
  hosts: ['inventory'],
}

test('the top level has the folders of the house, and no file that a program left behind', () => {
  const known = [
    'LICENSE',
    'README.md',
    'biome.json',
    'hosts',
    'lib',
    'package-lock.json',
    'package.json',
    'tasks',
    'test',
    'tsconfig.json',
  ]
  const ignored = /^(\..*|node_modules|out|.*\.log)$/
  assert.deepEqual(
    readdirSync(ROOT)
      .filter(name => !ignored.test(name))
      .toSorted(),
    known,
  )
})

test('every file of lib is in a part of the house that the architecture names', () => {
  const strangers = files.filter(file => floorOf(partOf(file)) < 0 && !BESIDE.includes(partOf(file)))
  assert.deepEqual(strangers, [])
})

/** Parts that are programs of their own beside the nightly run: they may use anything below tasks. */
const BESIDE = ['setup', 'demo']

test('imports run one way: core, then inventory and its neighbours, what a host gives, steps, moves, parts of recipes, notify, program, main, tasks', () => {
  const wrong = files.flatMap(file => {
    const from = partOf(file)
    if (BESIDE.includes(from)) return []
    return importsOf(file)
      .filter(name => /^(lib|tasks|hosts|test)\//.test(name))
      .filter(name => {
        const to = partOf(name)
        if (to === from || (from === 'tasks' && BESIDE.includes(to))) return false
        if (ALSO[from]) return !ALSO[from].includes(to)
        return floorOf(to) < 0 || floorOf(to) >= floorOf(from)
      })
      .map(name => `${file} imports ${name}`)
  })
  assert.deepEqual(wrong, [])
})

test('there is no circle of files, not even of types', () => {
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '))
    if (way.includes(file) || done.has(file)) return
    for (const next of importsOf(file)) if (next.startsWith('lib/')) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  assert.deepEqual(circles, [])
})

/** The rooms of steps: the chapters of a run, and those of a site's move from host to host. */
const isStep = (file: string): boolean => ['steps', 'moves'].includes(partOf(file))

test('lib/steps and lib/moves hold steps only: each of their files gives some, and no room below could have it', () => {
  const wrong = files.filter(file => isStep(file) && !/from '[./]*engine\/step\.ts'/.test(codeOf(file)))
  assert.deepEqual(wrong, [])
})

test('core imports nothing but itself: no node:*, no zx, no listr2', () => {
  const core = files.filter(file => partOf(file) === 'core')
  assert.ok(core.length > 10)
  const wrong = core.flatMap(file =>
    importsOf(file)
      .filter(name => !name.startsWith('lib/core/'))
      .map(name => `${file} imports ${name}`),
  )
  assert.deepEqual(wrong, [])
})

test('core has no clock: now is a parameter', () => {
  const clocks = /\bDate\.now\(|\bnew Date\(\s*\)|\bperformance\b|\bTemporal\.Now\b|\bMath\.random\(/
  assert.deepEqual(
    files.filter(file => partOf(file) === 'core' && clocks.test(codeOf(file))),
    [],
  )
})

test('listr2 is known to engine/tree.ts only, zx to engine only', () => {
  const users = (name: string) => files.filter(file => importsOf(file).includes(name))
  assert.ok(users('zx/core').length > 0)
  assert.deepEqual(users('listr2'), ['lib/engine/tree.ts'])
  assert.deepEqual(
    ['zx', 'zx/core'].flatMap(users).filter(file => partOf(file) !== 'engine'),
    [],
  )
})

test('notify knows no step, and program no more of them than what the command line gives them: types', () => {
  const values = /^import \{ (?!type )[^}]*\} from '[./]*(?:steps|moves)\//m
  const wrong = files.filter(file => ['notify', 'program'].includes(partOf(file)) && values.test(codeOf(file)))
  assert.deepEqual([...wrong, ...files.filter(file => partOf(file) === 'notify' && importsOf(file).some(isStep))], [])
})

test('HTML is made by one template tag, and charts by one set-up', () => {
  const others = /^lib\/(core\/(markup|page)|sandbox\/static-site)\.ts$/ // the tag itself, a page of WordPress', a site for tests
  assert.deepEqual(
    files.filter(file => !others.test(file) && /(?<!html)`<(?:!doctype|[a-z]+[ >])|&amp;/.test(codeOf(file))),
    [],
  )
  assert.deepEqual(
    files.filter(file => /import(?! type)[^\n]*'echarts/.test(codeOf(file))),
    ['lib/report/chart.ts'],
  )
})

test('what this host remembers is read through a schema, and never cast', () => {
  const casts = /JSON\.parse\((?:[^()]|\([^()]*\))*\) as (?!unknown\b(?! as))/
  // what processes of one run tell each other, and journalctl
  const others = ['lib/host/unit.ts', 'lib/restore-test/serve-and-ask.ts', 'lib/store/share-process.ts']
  assert.deepEqual(
    files.filter(file => casts.test(codeOf(file)) && !others.includes(file)),
    [],
  )
})

test('nothing is decided by the words of a message, nor by the name of a step', () => {
  const word = String.raw`\b(?:reason|said|title|step|problem|why|warning)\b`
  const words = new RegExp(
    String.raw`${word}!?\)?\.(?:startsWith|endsWith|includes|match|search)\(['"/\x60]|\.test\([^()]*${word}\)|(?<!typeof )\bstep [!=]== '\w`,
  )
  // what the database server says begins with its number of the error
  const others = ['lib/database/admin.ts', 'lib/site-mode/database.ts']
  assert.deepEqual(
    files.filter(file => words.test(codeOf(file)) && !others.includes(file)),
    [],
  )
})

test('steps reach the world through their shell: none of them begins processes itself', () => {
  const wrong = files.filter(file => isStep(file) && importsOf(file).some(name => /child_process|^zx$|^execa$/.test(name)))
  assert.deepEqual(wrong, [])
})

test('a task is a recipe and a call of main(): at most 45 lines with its imports, of which 12 at most, without a shell', () => {
  for (const file of files.filter(name => name.startsWith('tasks/'))) {
    const lines = textOf(file).trimEnd().split('\n').length
    assert.ok(lines <= 45, `${file} has ${lines} lines, wanted 45 at most`)
    const imports = importsOf(file).length
    assert.ok(imports <= 12, `${file} has ${imports} imports, wanted 12 at most`)
    assert.doesNotMatch(codeOf(file), /\$`|\$\(|\bspawn|\bexec/, `${file} runs a command`)
  }
})

test('the names of steps are an interface: no two steps share one', () => {
  const names = files.flatMap(file => [...codeOf(file).matchAll(/\b(?:name|step): '([^']+)',\s+title:/g)].map(match => match[1]!))
  assert.ok(names.length > 100)
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  )
})

test('no comment is wider than 120 characters', () => {
  const isWide = (line: string): boolean => line.length > 120 && /^\s*(\/\*\*|\* |\/\/)/.test(line)
  assert.deepEqual(
    files.filter(file => textOf(file).split('\n').some(isWide)),
    [],
  )
})

test('no file is longer than 250 lines, and none is called by a name that says nothing', () => {
  const all = [...files, ...globSync('test/**/*.ts', { cwd: ROOT })]
  assert.deepEqual(
    files.filter(file => textOf(file).split('\n').length > 251),
    [],
  )
  assert.deepEqual(
    all.filter(file => /(^|\/)(utils?|helpers|common|misc|shared)(\/|\.ts$)/.test(file) && file !== 'lib/inventory/helpers.ts'),
    [],
  )
})
