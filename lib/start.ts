import { isAscii } from 'node:buffer'
import { createHash, hash } from 'node:crypto'
import * as fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'

/**
 * Starts a task as cron does: `node lib/start.ts tasks/nightly.ts …`. All that a task loads is kept as one file, its
 * bundle, and beside it what V8 made of that: from these it begins in a third of the time. A bundle that is not made of
 * exactly what the sources are now is not used: the task then runs from its sources, and the bundle is made anew once
 * it has ended.
 */

/** Holdfast's own folder. */
export const ROOT = join(import.meta.dirname, '..')

/** What a bundle was made of: each file, by its path below {@link ROOT}, as it was. */
export interface Origin {
  readonly node: string
  /** Of what follows: the rest of one that was cut short could run all the same. */
  readonly bytes: number
  readonly files: Readonly<Record<string, string>>
}

/** The first line of a bundle. */
export const headOf = (origin: Origin): string => `//${JSON.stringify(origin)}\n`

const isThere = (path: string): boolean => fs.statSync(path, { throwIfNoEntry: false }) !== undefined

/** Where the bundle of a task is kept: beside what Node compiled; undefined where nothing is to be kept. */
export function bundleOf(task: string): string | undefined {
  const cache = process.env.NODE_COMPILE_CACHE
  if (cache === undefined || !isThere(cache)) return undefined
  return join(fs.realpathSync(cache), 'bundles', `${hash('sha256', fs.realpathSync(task)).slice(0, 16)}.cjs`)
}

/** Whether nobody but this user, and root, can have put something there: neither into a folder nor in its place. */
export function isOwn(folder: string): boolean {
  const own = [0, process.geteuid?.()]
  const { uid, mode } = fs.lstatSync(folder)
  if (uid !== own[1] || (mode & 0o77) !== 0) return false
  for (let path = dirname(folder); ; path = dirname(path)) {
    const around = fs.lstatSync(path)
    const isShared = (around.mode & 0o22) !== 0 && (around.mode & 0o1000) === 0
    if (!around.isDirectory() || !own.includes(around.uid) || isShared) return false
    if (path === '/') return true
  }
}

/** A file as it is: whatever changes it changes this too. */
export const stampOf = ({ size, mtimeNs, ctimeNs, ino }: fs.BigIntStats): string => `${size} ${mtimeNs} ${ctimeNs} ${ino}`

/** A bundle as it was read: its stamp is of what was read. */
interface Bundle {
  readonly path: string
  readonly stamp: string
  readonly text: Buffer
}

/** A bundle that is whole, nobody else's, and made of exactly these sources; undefined where there is none. */
function freshBundle(path: string): Bundle | undefined {
  try {
    if (!isOwn(dirname(path))) return undefined
    const bundle = read(path)
    const end = bundle.text.indexOf('\n')
    const origin: Origin = JSON.parse(bundle.text.toString('utf8', 2, end))
    const isSame = ([file, stamp]: [string, string]): boolean =>
      stampOf(fs.statSync(join(ROOT, file), { bigint: true })) === stamp
    const isWhole = bundle.text.length === end + 1 + origin.bytes
    return isWhole && origin.node === process.version && Object.entries(origin.files).every(isSame) ? bundle : undefined
  } catch {
    return undefined // there is none, or it or one of its sources cannot be read
  }
}

function read(path: string): Bundle {
  const file = fs.openSync(path, 'r')
  try {
    return { path, stamp: stampOf(fs.fstatSync(file, { bigint: true })), text: fs.readFileSync(file) }
  } finally {
    fs.closeSync(file)
  }
}

/**
 * Runs a bundle. V8 compiles a function when it is first called, a third of the work of a short run: what the first run
 * has compiled is kept for those after it. V8 refuses what another version made, or one with other options.
 */
function run(bundle: Bundle): void {
  const kept = `${bundle.path}.compiled`
  const cachedData = compiledIn(kept, bundle)
  const source = bundle.text.toString(isAscii(bundle.text) ? 'latin1' : 'utf8')
  // in front of its first line, so that all lines keep their numbers
  const script = new Script(`(function (require, exports, module) {${source}\n})`, {
    ...{ filename: bundle.path, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
    ...(cachedData && { cachedData }),
  })
  if (cachedData === undefined || script.cachedDataRejected)
    process.on('exit', code => {
      if (code <= 1) keepCompiled(kept, bundle, script.createCachedData())
    })
  const module = { exports: {} }
  script.runInThisContext()(createRequire(bundle.path), module.exports, module)
}

/** What proves that compiled code is of this very bundle, and as it was written: V8 looks at neither. */
const proofOf = ({ stamp }: Bundle, compiled: Buffer): string => createHash('sha256').update(stamp).update(compiled).digest('hex')
const PROOF = 64

function compiledIn(path: string, bundle: Bundle): Buffer | undefined {
  try {
    const whole = fs.readFileSync(path)
    const compiled = whole.subarray(PROOF)
    return whole.toString('latin1', 0, PROOF) === proofOf(bundle, compiled) ? compiled : undefined
  } catch {
    return undefined
  }
}

function keepCompiled(path: string, bundle: Bundle, compiled: Buffer): void {
  try {
    const { writeWhole } = createRequire(import.meta.url)('./host/whole-file.ts') as typeof import('./host/whole-file.ts')
    writeWhole(path, Buffer.concat([Buffer.from(proofOf(bundle, compiled)), compiled]))
  } catch {
    // the next run tries again
  }
}

/** Seconds that making a bundle may take. */
const PATIENCE = 30

async function start(task: string): Promise<void> {
  const path = bundleOf(task)
  const bundle = path === undefined ? undefined : freshBundle(path)
  if (bundle) return run(bundle)
  if (path !== undefined)
    process.on('exit', code => {
      if (code > 1) return // it was stopped, or did nothing
      const { spawnSync } = process.getBuiltinModule('node:child_process')
      const env = { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }
      const words = [join(import.meta.dirname, 'bundle.ts'), task]
      spawnSync(process.execPath, words, { env, stdio: 'ignore', timeout: PATIENCE * 1000, killSignal: 'SIGKILL' })
    })
  await import(pathToFileURL(task).href)
}

if (import.meta.main) {
  const task = resolve(process.argv[2] ?? '')
  if (process.argv[2] !== undefined && isThere(task)) await start(task)
  else {
    console.error(`start: found ${process.argv[2] ?? 'nothing'}, wanted the file of a task, such as tasks/nightly.ts`)
    process.exitCode = 2
  }
}
