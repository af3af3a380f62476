import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type BackupSet, filesOf, sumBytes } from '../core/collection.ts'
import type { LastReplay } from '../core/replay-plan.ts'
import { printTime } from '../core/restore-point.ts'
import type { TreeLines } from '../core/tree-lines.ts'
import { withKeys } from '../duplicity/io/archive-dir.ts'
import { parseManifest } from '../duplicity/manifest.ts'
import type { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import { makeScratch } from '../host/scratch.ts'
import type { LookNeeds } from '../store/facts.ts'
import { CHANGED } from './apply-set.ts'
import { MANIFEST, SIGNATURES, SUMS, streamWords } from './stream-set.ts'

const PROGRAM = join(import.meta.dirname, 'apply-set.ts')
/** What the program is made of. */
const OURS = [join(import.meta.dirname, '..'), join(import.meta.dirname, '../../package.json')]

/** Giving each file its owner and its mode, and reading what has them. */
const OWNERS = ['CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_DAC_OVERRIDE'] as const

/** MB that the program may hold: it keeps the paths of the whole tree, and nothing of its files. */
const MEMORY = 1024
/** MB in which V8 makes what is new: it begins with one, and would look through the paths again and again. */
const NEW = 16

export interface Replay {
  readonly facts: LookNeeds
  readonly last: LastReplay
  /** Those since the last replay, oldest first. */
  readonly sets: readonly BackupSet[]
  /** Where the new tree is made; its folder is nobody else's. */
  readonly into: string
  /** A file that tells of the tree that is there already, which the live one has replaced; undefined for none. */
  readonly about: string | undefined
}

/** What came of it. */
export interface Replayed {
  /** Bytes that were read from the archive. */
  readonly read: number
  /** What the new tree consists of. */
  readonly lines: TreeLines
  /** The paths that the sets have changed. */
  readonly changed: readonly string[]
}

/**
 * Makes the tree of the last of some sets from a replica's live tree, which is that of the set before the first of
 * them, and was not changed since.
 * @throws when anything is not as it should be: what was made until then is worth nothing
 */
export async function replayTree({ facts, last, sets, into, about }: Replay, shell: Shell): Promise<Replayed> {
  if (about === undefined) mkdirSync(into, { mode: 0o700 })
  let lines: TreeLines = []
  const changed: string[] = []
  for (const set of sets) {
    const copied = set === sets[0] ? { live: facts.site.folder, digest: last.tree, about } : undefined
    try {
      const [said, ...printed] = await applySet(facts, set, { tree: into, copied }, shell)
      const { paths, entries } = applied.parse(JSON.parse(said ?? ''))
      if (printed.length !== entries) throw new Error(`it told ${printed.length} of ${entries} entries of the new tree`)
      changed.push(...paths)
      lines = printed
    } catch (error) {
      if (error instanceof Error && !(error instanceof ChangedHere))
        error.message = `the set of ${printTime(set.time)}: ${error.message}`
      throw error
    }
  }
  return { read: sumBytes(sets.flatMap(filesOf)) ?? 0, lines, changed }
}

/** The new tree, and the live one that it becomes a copy of first. */
interface Made {
  readonly tree: string
  readonly copied: { readonly live: string; readonly digest: string; readonly about?: string | undefined } | undefined
}

/** Two commands, the one reading what the other prints; the first word is how many are the first one's. */
const PIPE = '"${@:2:$1}" | "${@:2+$1}" 2>&1; ended=("${PIPESTATUS[@]}"); exit $((ended[1] ? ended[1] : ended[0]))'

async function applySet(facts: LookNeeds, set: BackupSet, made: Made, shell: Shell): Promise<string[]> {
  await using scratch = makeScratch(facts.host)
  return await withKeys(facts, shell, async keys => {
    // which no set can foresee
    const separator = randomUUID()
    const from = streamWords(facts.siteArchive.folder!, set, scratch.path, separator, keys)
    const words = ['bash', '-c', PIPE, 'pipe', String(from.length), ...from, ...applyWords(made, scratch.path, separator)]
    shell.transferred({ read: sumBytes(filesOf(set)) ?? 0 })
    const options = { input: keys.secret ?? '\n', explain, onLine: () => {} }
    const printed = await shell.with(options).ask(text => text.split('\0').slice(0, -1))`${words}`
    assertAsWritten(set, scratch.path)
    return printed
  })
}

/**
 * The words of the command that applies a set, whose volumes it reads with a separator behind each. It sees the tree,
 * the live one and what was unpacked of the set, and nothing else of this machine.
 */
export function applyWords({ tree, copied }: Made, unpacked: string, separator: string): string[] {
  const live = copied ? [copied.live, copied.digest, ...(copied.about === undefined ? [] : [copied.about])] : []
  const words = [
    process.execPath,
    `--max-old-space-size=${MEMORY}`,
    `--min-semi-space-size=${NEW}`,
    '--single-threaded-gc', // who unpacks the set has the other processor
    PROGRAM,
    tree,
    join(unpacked, SIGNATURES),
    separator,
    ...live,
  ]
  const limits = { memory: 8 * MEMORY * 1024 ** 2 }
  // what this process compiled of the program, by loading it too, it can read and not change
  const compiled = process.env.NODE_COMPILE_CACHE
  const isCompiled = compiled !== undefined && existsSync(compiled)
  const env = isCompiled ? { NODE_COMPILE_CACHE: compiled } : {}
  const reads = [...OURS, ...(isCompiled ? [compiled] : []), unpacked, ...live.filter(word => word !== copied?.digest)]
  return sandboxed(words, { reads, writes: [tree], noLinks: tree, capabilities: OWNERS, limits, env })
}

const applied = z.object({ paths: z.array(z.string()), entries: z.number() })

/** Not the set is in doubt, but what it would be applied to. */
class ChangedHere extends Error {}

/** What the program that applies says, and the reason why there was no more to read for it. */
function explain({ exitCode, stdout, stderr }: CommandFailed): Error | undefined {
  if (exitCode === CHANGED) return new ChangedHere(stdout)
  const why = stderr.split('\n').findLast(line => line !== '' && !/broken pipe|^gpg: .*encrypted/i.test(line))
  const said = [stdout.split('\0')[0]?.replace(/^\{.*/, ''), why].filter(Boolean).join('; ')
  return said === '' ? undefined : new Error(said)
}

/** @throws when the manifest lists other volumes than the archive has, or a volume is not what was written */
function assertAsWritten({ volumes }: BackupSet, unpacked: string): void {
  const [manifest, sums] = [MANIFEST, SUMS].map(name => readFileSync(join(unpacked, name), 'utf8')) as [string, string]
  const listed = new Map(parseManifest(manifest).map(({ number, sha1 }) => [number, sha1]))
  const found = sums.split('\n').map(line => line.slice(0, 40))
  if (listed.size !== volumes.length || volumes.some(({ number }) => !listed.get(number)))
    throw new Error('its manifest lists other volumes than the archive has, or another kind of hash')
  for (const [index, { name, number }] of volumes.entries())
    if (found[index] !== listed.get(number))
      throw new Error(`${name} is not what was written: its SHA1 is ${found[index]}, wanted ${listed.get(number)}`)
}
