import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BackupSet, filesOf, sumBytes } from '../core/collection.ts'
import type { LastReplay } from '../core/replay-plan.ts'
import { printTime } from '../core/restore-point.ts'
import { withKeys } from '../duplicity/io/archive-dir.ts'
import { parseManifest } from '../duplicity/manifest.ts'
import type { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import { makeScratch } from '../host/scratch.ts'
import { type Keys, timeToRead } from '../store/archive-files.ts'
import type { LookNeeds } from '../store/facts.ts'
import { streamWords, type ToStream, unpackWords } from '../store/unpacked-files.ts'
import { copyListed } from './listing.ts'
import { throughPipe } from './pipe.ts'

const PROGRAM = join(import.meta.dirname, 'apply-set.ts')
/** What the program is made of. */
const OURS = [join(import.meta.dirname, '..'), join(import.meta.dirname, '../../package.json')]

/** Giving each file its owner and its mode, and reading what has them. */
const OWNERS = ['CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_DAC_OVERRIDE'] as const

/** MB that the program may hold: it keeps the paths of the whole tree, and nothing of its files. */
const MEMORY = 1024

export interface Replay {
  readonly facts: LookNeeds
  readonly last: LastReplay
  /** Those since the last replay, oldest first. */
  readonly sets: readonly BackupSet[]
  /** Where the new tree is made; its folder is nobody else's. */
  readonly into: string
}

/**
 * Makes the tree of the last of some sets from a replica's live tree, which is that of the set before the first of
 * them.
 * @returns the bytes that were read from the archive
 * @throws when anything is not as it should be: what was made until then is worth nothing
 */
export async function replayTree({ facts, last, sets, into }: Replay, shell: Shell): Promise<number> {
  await copyListed(facts.site.folder, last.tree, into, shell)
  for (const set of sets) {
    try {
      await applySet(facts, set, into, shell)
    } catch (error) {
      if (error instanceof Error) error.message = `the set of ${printTime(set.time)}: ${error.message}`
      throw error
    }
  }
  return sumBytes(sets.flatMap(filesOf)) ?? 0
}

/** Names in the scratch folder. */
const MANIFEST = 'manifest'
const SIGNATURES = 'signatures'

async function applySet(facts: LookNeeds, set: BackupSet, tree: string, shell: Shell): Promise<void> {
  await using scratch = makeScratch(facts.host)
  const folder = facts.siteArchive.folder!
  await withKeys(facts, shell, async keys => {
    const input = keys.secret ?? '\n'
    await unpackMetadata(folder, set, scratch.path, keys, shell.with({ input }))
    const volumes = volumesOf(set, readFileSync(join(scratch.path, MANIFEST), 'utf8'))
    const signatures = join(scratch.path, SIGNATURES)
    // which no set can foresee
    const separator = randomUUID()
    const from = { words: streamWords(folder, volumes, separator, keys), options: { input } }
    const to = { words: applyWords(tree, signatures, separator), options: { explain } }
    shell.transferred({ read: sumBytes(set.volumes) ?? 0 })
    await throughPipe(scratch.path, from, to, shell)
    rmSync(signatures)
  })
}

/**
 * The words of the command that applies a set, whose volumes it reads with a separator behind each. It sees the tree
 * and the signatures, and nothing else of this machine.
 */
export function applyWords(tree: string, signatures: string, separator: string): string[] {
  const words = [process.execPath, `--max-old-space-size=${MEMORY}`, PROGRAM, tree, signatures, separator]
  const limits = { memory: 8 * MEMORY * 1024 ** 2 }
  return sandboxed(words, { reads: [...OURS, signatures], writes: [tree], noLinks: tree, capabilities: OWNERS, limits })
}

const explain = ({ stderr }: CommandFailed): Error | undefined => (stderr === '' ? undefined : new Error(stderr))

/** How much larger signatures may be than they are packed: no set of duplicity's comes near that. */
const LARGER = 200

async function unpackMetadata(
  folder: string,
  { manifest, signatures }: BackupSet,
  into: string,
  keys: Keys,
  shell: Shell,
): Promise<void> {
  const files = [
    { name: manifest!.name, to: MANIFEST },
    { name: signatures!.name, to: SIGNATURES },
  ]
  const bytes = sumBytes([manifest!, signatures!]) ?? 0
  const words = unpackWords(folder, files, into, keys, { fileSize: LARGER * bytes + 2 ** 26 })
  shell.transferred({ read: bytes })
  await shell.with({ timeout: timeToRead(bytes), onLine: () => {} }).ask(String)`${words}`
}

/** @throws when the manifest lists other volumes than the archive has */
function volumesOf({ volumes }: BackupSet, manifest: string): ToStream[] {
  const listed = new Map(parseManifest(manifest).map(({ number, sha1 }) => [number, sha1]))
  const found = volumes.map(({ name, number }) => ({ name, sha1: listed.get(number) ?? '' }))
  if (listed.size !== volumes.length || found.some(({ sha1 }) => sha1 === ''))
    throw new Error('its manifest lists other volumes than the archive has, or another kind of hash')
  return found
}
