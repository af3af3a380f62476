import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, globSync, mkdirSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec as Spec } from 'node:test/reporters'

/** What takes longest starts first, so that nothing of it is what everyone waits for in the end. */
const SLOW = ['hosts/nfs.', 'hosts/days.', 'hosts/', 'demo/', 'steps/', 'sandbox/', 'engine/', 'support/'].map(start =>
  join('test', start),
)
const AT_ONCE = 2
/** Whole machines mostly wait: for a timeout, for a boot, for each other. */
const PARTS_AT_ONCE = 4
const LONGEST_FILE = 15 * 60_000
/** Files whose times are told in the end. */
const LONGEST_SHOWN = 12
/** A part of the table of whole machines has some thirty nights. */
const LONGEST_PART = 45 * 60_000

/** Tests of whole machines, which need root, containers and minutes for their first image: only run when named (`npm run test:hosts`). */
const HOSTS = join('test', 'hosts', '/')

/** Each of a thousand starts of a program takes half a second less when V8 finds its code here (module compile cache of Node). */
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '../node_modules/.cache/node-compile')

const isOfHosts = (path: string): boolean => join(path, '/').startsWith(HOSTS)

/** The test files that the arguments name (files or folders), all below `test` but those of whole machines by default; the slow ones first. */
function testFiles(wanted: readonly string[]): string[] {
  const all = wanted.flatMap(path => (statSync(path).isDirectory() ? globSync(join(path, '**/*.test.ts')) : [path]))
  const files = wanted.some(isOfHosts) ? all : all.filter(file => !isOfHosts(file))
  const rank = (file: string) => SLOW.findIndex(start => join(file).startsWith(start)) + 1 || SLOW.length + 1
  return [...new Set(files)].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
}

/**
 * Runs them, reports as it goes, and returns how many tests had which end. A file that ends badly outside its tests counts as a
 * failed test, and so does a file without any: node:test would call it passed.
 */
async function runFiles(files: string[]) {
  const count = { passed: 0, failed: 0, skipped: 0 }
  const empty: string[] = []
  const seconds = new Map<string, number>()
  const machines = files.some(isOfHosts)
  const tests = run({
    files,
    concurrency: machines ? PARTS_AT_ONCE : AT_ONCE,
    timeout: machines ? LONGEST_PART : LONGEST_FILE,
  })
  tests.on('test:pass', ({ name }) => {
    if (files.includes(name)) empty.push(name)
  })
  tests.on('test:summary', ({ file, success, counts, duration_ms }) => {
    if (file !== undefined) return void seconds.set(relative('.', file), duration_ms / 1000) // one file's own; the last has none and is the sum of all
    count.skipped = counts.skipped + counts.todo
    count.passed = counts.passed - empty.length
    count.failed = Math.max(counts.tests - count.passed - count.skipped, success ? 0 : 1)
  })
  await pipeline(tests.compose(new Spec()), process.stdout, { end: false })
  for (const file of empty) console.log(`\nno test in ${file}`)
  const longest = [...seconds].toSorted(([, a], [, b]) => b - a).slice(0, LONGEST_SHOWN)
  if (longest.length > 1)
    console.log(`\nthe longest: ${longest.map(([file, time]) => `${file} ${time.toFixed(0)} s`).join(', ')}`)
  return count
}

/** Whether every user can get to a folder. */
const isReachable = (path: string): boolean =>
  (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) % 2 === 1 && (path === '/' || isReachable(dirname(path)))

/**
 * Gives the tests a temporary folder and a home of their own, empty, so that nothing that lies in this machine's makes one pass or fail. What is kept between runs (unpacked
 * programs, images) stays in this user's cache. What a test left mounted there is not gone into.
 */
function ownFolders(): void {
  // servers that the tests start run as other users
  const base = [tmpdir(), '/tmp', '/var/tmp'].find(isReachable) ?? tmpdir()
  if (base !== tmpdir()) console.log(`the tests use ${base}: not everybody can reach what lies in ${tmpdir()}`)
  // in small letters: duplicity 0.8 takes no pattern `ignorecase:` for a path with others
  const own = join(base, `hf${randomBytes(4).toString('hex')}`)
  mkdirSync(own, { mode: 0o700 })
  process.env.XDG_CACHE_HOME ??= join(homedir(), '.cache')
  process.env.TMPDIR = join(own, 't') // short: a socket's path has 107 bytes
  process.env.HOME = join(own, 'home')
  for (const folder of [process.env.TMPDIR, process.env.HOME]) mkdirSync(folder)
  process.on('exit', () => spawnSync('rm', ['-rf', '--one-file-system', own]))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))
}

ownFolders()
const named = process.argv.slice(2)
const missing = named.filter(path => !existsSync(path))
if (missing.length > 0) {
  console.error(`no such test file or folder: ${missing.join(', ')}`)
  process.exit(2)
}
const { passed, failed, skipped } = await runFiles(testFiles(named.length > 0 ? named : ['test']))
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
const incomplete = skipped > 0 && Boolean(process.env.CI)
process.exitCode = failed > 0 || incomplete || passed === 0 ? 1 : 0
