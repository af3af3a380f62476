import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as elapse } from 'node:timers/promises'

const HOME = join(import.meta.dirname, '..')
const folder = fs.mkdtempSync(join(tmpdir(), 'holdfast-start-'))
after(() => fs.rmSync(folder, { recursive: true }))

/** A task that tells what it was made from, in Holdfast's own way to begin and with a chapter that is loaded late. */
const TASK = `
import { main } from '../lib/mine.ts'
import { word } from 'small'
await main(word)
`
const MINE = `
export async function main(word: string): Promise<never> {
  const { late } = await import('./late.ts')
  console.log(/[.]cjs/.test(new Error().stack ?? '') ? 'bundle' : 'sources', word, late, import.meta.dirname, ...process.argv.slice(3))
  process.exit(Number(process.argv[3] ?? 0))
}
`

/** A Holdfast of its own with that task, and an empty cache. */
function holdfast() {
  const root = fs.mkdtempSync(join(folder, 'h-'))
  const cache = join(root, 'cache')
  for (const name of ['lib', 'package.json']) fs.cpSync(join(HOME, name), join(root, name), { recursive: true })
  for (const name of ['tasks', 'node_modules/small', 'cache']) fs.mkdirSync(join(root, name), { recursive: true })
  for (const name of ['esbuild', '@esbuild']) fs.symlinkSync(join(HOME, 'node_modules', name), join(root, 'node_modules', name))
  const write = (name: string, text: string): void => fs.writeFileSync(join(root, name), text)
  write('node_modules/small/package.json', '{"name":"small","type":"module","main":"small.js"}')
  write('node_modules/small/small.js', "export const word = 'word'")
  write('tasks/mine.ts', TASK)
  write('lib/mine.ts', MINE)
  write('lib/late.ts', "export const late: string = 'late'")
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  const words = (...more: string[]): string[] => [join(root, 'lib/start.ts'), join(root, 'tasks/mine.ts'), ...more]
  const run = (...more: string[]): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, words(...more), { encoding: 'utf8', env })
    return `${status} ${stdout.trim()}${stderr}`
  }
  const bundles = (): string[] => {
    const at = join(cache, 'bundles')
    return fs.existsSync(at) ? fs.readdirSync(at).filter(name => name.endsWith('.cjs')) : []
  }
  const bundle = (): string => join(cache, 'bundles', bundles()[0]!)
  const compiled = (): string => `${bundle()}.compiled`
  const said = (from: string, what = 'word late'): string => `0 ${from} ${what} ${join(root, 'lib')}`
  return { root, cache, env, words, run, write, bundle, bundles, compiled, said }
}
type Made = ReturnType<typeof holdfast>

/** The same, with a bundle. Files that have only just changed are not put into one. */
async function bundled(): Promise<Made> {
  const made = holdfast()
  await elapse(60)
  assert.equal(made.run(), made.said('sources'))
  assert.equal(made.run(), made.said('bundle'))
  return made
}

/** One for all tests that leave it as it was. */
let same: Made
before(async () => {
  same = await bundled()
})

test('a task runs from its sources once, and then from its bundle, with the same words, place, chapters and exit code', async () => {
  const { run, root } = same
  assert.equal(run('3', 'a b'), `3 bundle word late ${join(root, 'lib')} 3 a b`)
})

/** Changes of which the very next run must know; each keeps the size, or the times. */
const CHANGES: [string, (made: Made) => void, what: string][] = [
  ['a chapter', ({ write }) => write('lib/late.ts', "export const late: string = 'LATE'"), 'word LATE'],
  ['a package', ({ write }) => write('node_modules/small/small.js', "export const word = 'WORD'"), 'WORD late'],
  [
    "a package's other file",
    ({ write }) => {
      write('node_modules/small/other.js', "export const word = 'other'")
      write('node_modules/small/package.json', '{"name":"small","type":"module","main":"other.js"}')
    },
    'other late',
  ],
  [
    'a chapter with its former time',
    ({ root, write }) => {
      const file = join(root, 'lib/late.ts')
      const { atime, mtime } = fs.statSync(file)
      write('lib/late.ts', "export const late: string = 'lAte'")
      fs.utimesSync(file, atime, mtime)
    },
    'word lAte',
  ],
]

test('whatever is edited takes effect in the very next run, and the one after it has a bundle again', async () => {
  const made = await bundled()
  let what = ['word', 'late']
  for (const [name, change, wanted] of CHANGES) {
    change(made)
    const [word, late] = wanted.split(' ')
    what = [word === 'word' ? what[0]! : word!, late === 'late' ? what[1]! : late!]
    await elapse(60)
    assert.equal(made.run(), made.said('sources', what.join(' ')), name)
    assert.equal(made.run(), made.said('bundle', what.join(' ')), name)
  }
})

/** What can be wrong with a bundle or where it is, so that the sources are used. */
const WRONG: [string, (made: Made) => void][] = [
  ['cut short', ({ bundle }) => fs.truncateSync(bundle(), fs.statSync(bundle()).size - 100)],
  ['empty', ({ bundle }) => fs.truncateSync(bundle())],
  ['without a first line', ({ bundle }) => fs.writeFileSync(bundle(), 'console.log("no")\n')],
  ["another file's", ({ bundle }) => fs.writeFileSync(bundle(), '//{"node":"v1","bytes":18,"files":{}}\nconsole.log("no")\n')],
  ['in a folder that others can enter', ({ bundle }) => fs.chmodSync(join(bundle(), '..'), 0o755)],
  ['in a folder that others can exchange', ({ cache }) => fs.chmodSync(cache, 0o777)],
  ["in a stranger's folder", ({ bundle }) => fs.chownSync(join(bundle(), '..'), 12345, 12345)],
  ["in a folder of a stranger's", ({ cache }) => fs.chownSync(cache, 12345, 12345)],
]

test('a bundle that is broken or could be a stranger’s is not used: the sources are', async () => {
  const { cache, bundle, run, said } = same
  const [path, whole] = [bundle(), fs.readFileSync(bundle())]
  for (const [name, spoil] of WRONG) {
    spoil(same)
    // a run that did nothing makes no bundle
    assert.equal(run('2'), `2 ${said('sources').slice(2)} 2`, name)
    for (const folder of [cache, join(cache, 'bundles')]) {
      fs.chownSync(folder, 0, 0)
      fs.chmodSync(folder, 0o700)
    }
    fs.writeFileSync(path, whole)
  }
  assert.equal(run(), said('bundle'), 'as it was, it is used')
})

/** What can be wrong with what is compiled of a bundle, which V8 would run as it is. */
const SPOILT: [string, (file: string) => void][] = [
  ['zeros in its middle', file => fs.writeFileSync(file, fs.readFileSync(file).fill(0, 1000, 3000))],
  ['cut short', file => fs.truncateSync(file, fs.statSync(file).size - 100)],
  ['empty', file => fs.truncateSync(file)],
  ["another text's", file => fs.writeFileSync(file, 'x'.repeat(1000))],
]

test('what a run has compiled serves the next ones, and is made anew where it is not as it was written', async () => {
  const { run, said, compiled } = same
  const madeAt = (): number => fs.statSync(compiled()).ctimeMs
  const first = madeAt()
  assert.equal(run(), said('bundle'))
  assert.equal(madeAt(), first, 'it is taken as it is')
  for (const [name, spoil] of SPOILT) {
    spoil(compiled())
    const spoilt = madeAt()
    assert.equal(run(), said('bundle'), name)
    assert.ok(madeAt() > spoilt, name)
  }
})

test('what was compiled of a former bundle of the same size is not run', async () => {
  const made = await bundled()
  const former = fs.readFileSync(made.compiled())
  const { size } = fs.statSync(made.bundle())
  made.write('lib/late.ts', "export const late: string = 'LATE'")
  await elapse(60)
  assert.equal(made.run(), made.said('sources', 'word LATE'))
  fs.writeFileSync(made.compiled(), former)
  assert.equal(made.run(), made.said('bundle', 'word LATE'))
  assert.equal(fs.statSync(made.bundle()).size, size)
})

test('where no bundle can be kept, a task runs from its sources all the same', async () => {
  const made = holdfast()
  fs.writeFileSync(join(made.cache, 'bundles'), '')
  await elapse(60)
  for (const _ of [1, 2]) assert.equal(made.run(), made.said('sources'))
  made.env.NODE_COMPILE_CACHE = undefined as unknown as string
  assert.equal(made.run(), made.said('sources'))
})

test('a user who is not root neither takes nor makes a bundle in a folder of root’s', async () => {
  const { words, env, said } = same
  const reads = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search'] // wherever this is checked out
  const asUser = ['--reuid=12345', '--regid=12345', '--clear-groups', ...reads, process.execPath, ...words()]
  const { stdout, stderr, status } = spawnSync('setpriv', asUser, { encoding: 'utf8', env })
  assert.equal(`${status} ${stdout.trim()}${stderr}`, said('sources'))
})

test('a run that was stopped, or did nothing, makes no bundle', async () => {
  const { run, bundles } = holdfast()
  await elapse(60)
  for (const code of ['2', '75', '143']) run(code)
  assert.deepEqual(bundles(), [])
})

test('two runs at once make one bundle, and a maker that is killed leaves none and nothing that stays', async () => {
  const made = holdfast()
  await elapse(60)
  const runs = [1, 2].map(() => spawn(process.execPath, made.words(), { env: made.env, stdio: 'ignore' }))
  await Promise.all(runs.map(run => once(run, 'exit')))
  assert.equal(made.run(), made.said('bundle'))
  for (const wait of [20, 120, 200]) {
    fs.rmSync(made.bundle())
    const words = [join(made.root, 'lib/bundle.ts'), join(made.root, 'tasks/mine.ts')]
    const maker = spawn(process.execPath, words, { env: made.env, stdio: 'ignore' })
    const ended = once(maker, 'exit')
    await elapse(wait)
    maker.kill('SIGKILL')
    await ended
    assert.match(made.run(), /^0 (sources|bundle) word late /)
    assert.equal(made.run(), made.said('bundle'))
  }
  assert.equal(fs.readdirSync(join(made.cache, 'bundles')).length, 3, 'the bundle, its map, and what is compiled of it')
})

test('lib/start.ts without a task says what it wants, and ends with 2', () => {
  const { status, stderr } = spawnSync(process.execPath, [join(HOME, 'lib/start.ts'), 'nightly'], { encoding: 'utf8' })
  assert.deepEqual([status, stderr.split(',')[0]], [2, 'start: found nightly'])
})

test('a task without a bundle, for a chapter is missing, ends as from its sources', async () => {
  const { root, run } = same
  fs.rmSync(join(root, 'lib/late.ts'))
  assert.match(run(), /^1 [\s\S]*Cannot find module .*late\.ts/)
})
