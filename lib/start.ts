import { hash } from 'node:crypto'
import { type BigIntStats, closeSync, lstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Starts a task as cron does: `node lib/start.ts tasks/nightly.ts …`. All that a task loads is kept as one file, its
 * bundle, from which it begins in half the time. A bundle that is not made of exactly what the sources are now is not
 * used: the task then runs from its sources, and the bundle is made anew once it has ended.
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
/** Bytes within which that line ends. */
const HEAD = 1 << 18

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Where the bundle of a task is kept: beside what Node compiled; undefined where nothing is to be kept. */
export function bundleOf(task: string): string | undefined {
  const cache = process.env.NODE_COMPILE_CACHE
  if (cache === undefined || !isThere(cache)) return undefined
  return join(realpathSync(cache), 'bundles', `${hash('sha256', realpathSync(task)).slice(0, 16)}.cjs`)
}

/** Whether nobody but this user, and root, can have put something there: neither into a folder nor in its place. */
export function isOwn(folder: string): boolean {
  const own = [0, process.geteuid?.()]
  const { uid, mode } = lstatSync(folder)
  if (uid !== own[1] || (mode & 0o77) !== 0) return false
  for (let path = dirname(folder); ; path = dirname(path)) {
    const around = lstatSync(path)
    const isShared = (around.mode & 0o22) !== 0 && (around.mode & 0o1000) === 0
    if (!around.isDirectory() || !own.includes(around.uid) || isShared) return false
    if (path === '/') return true
  }
}

/** A file as it is: whatever changes it changes this too. */
export const stampOf = ({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string => `${size} ${mtimeNs} ${ctimeNs} ${ino}`

/** Whether a bundle is whole, nobody else's, and made of exactly these sources. */
function isFresh(bundle: string): boolean {
  try {
    if (!isOwn(dirname(bundle))) return false
    const { origin, size } = originOf(bundle)
    const isSame = ([path, stamp]: [string, string]): boolean => stampOf(statSync(join(ROOT, path), { bigint: true })) === stamp
    const isWhole = statSync(bundle).size === size + origin.bytes
    return isWhole && origin.node === process.version && Object.entries(origin.files).every(isSame)
  } catch {
    return false // there is none, or it or one of its sources cannot be read
  }
}

/** What the first line tells, and its size. */
function originOf(bundle: string): { readonly origin: Origin; readonly size: number } {
  const file = openSync(bundle, 'r')
  try {
    const head = Buffer.alloc(HEAD)
    readSync(file, head)
    const end = head.indexOf('\n')
    return { origin: JSON.parse(head.toString('utf8', 2, end)), size: end + 1 }
  } finally {
    closeSync(file)
  }
}

/** Seconds that making a bundle may take. */
const PATIENCE = 30

async function start(task: string): Promise<void> {
  const bundle = bundleOf(task)
  if (bundle !== undefined && isFresh(bundle)) return createRequire(import.meta.url)(bundle)
  if (bundle !== undefined)
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
