import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type BackupSet, type Collection, setsOf } from '../../core/collection.ts'
import { cannotWrite } from '../../core/disk-trouble.ts'
import { printTime, type RestorePoint } from '../../core/restore-point.ts'
import { counted } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import { parseManifest } from '../manifest.ts'
import { parseName } from '../names.ts'
import { copyName, putPlaceholders } from './archive-dir.ts'

/** The sets that a restore point is made of, oldest first. */
function setsNeeded({ chain, time }: RestorePoint): readonly BackupSet[] {
  return setsOf(chain).filter(set => set.time <= time)
}

/** A restore, and what it is made by. */
interface Used {
  /** Where duplicity keeps its copies of manifests and signatures for restores. */
  readonly archiveDir: string
  readonly point: RestorePoint
  /** All that the archive holds. */
  readonly collection: Collection
  /** The text of `--file-prefix`. */
  readonly prefix: string
}

/**
 * Restores by those manifests that a restore needs, and no others. What they were is forgotten when it fails: they may
 * be why, and those in the archive be mended before the next one.
 * @throws when not all volumes were restored
 */
export async function withNeededManifests(used: Used, shell: Shell, restore: () => Promise<void>): Promise<void> {
  await shell.act('leave out what this restore does not need of the archive', () => prepareArchiveDir(used))
  try {
    await restore()
    await shell.act('check that all volumes were restored', () => assertWhole(used))
  } catch (error) {
    for (const set of setsNeeded(used.point)) dropManifest(used.archiveDir, set)
    throw error
  }
}

/**
 * Makes duplicity's archive-dir for restores ready for one: duplicity fetches what is missing there of all manifests
 * and signatures before it does anything, and ends when any of them is damaged. Here it finds placeholders for all but
 * the manifests that the restore needs, and of these only copies that can be right: it never compares them with the
 * archive's.
 * @throws when the archive-dir cannot be written
 */
export function prepareArchiveDir({ archiveDir, point, collection: { files }, prefix }: Used): void {
  for (const set of setsNeeded(point)) if (wrongWith(archiveDir, set) !== undefined) dropManifest(archiveDir, set)
  const needed = new Set(setsNeeded(point).map(({ manifest }) => manifest?.name))
  const isLeftOut = (name: string): boolean => {
    const parts = parseName(name, prefix)
    return /^(manifest|signatures)$/.test(parts?.role ?? '') && !parts?.partial && !needed.has(name)
  }
  const names = files.map(({ name }) => name).filter(isLeftOut)
  try {
    putPlaceholders(archiveDir, names)
  } catch (error) {
    throw cannotWrite(`${archiveDir} of this host`, error)
  }
}

/**
 * Makes sure that duplicity restored all of a restore point: it takes a manifest at its word, and one that was cut
 * short has it leave volumes out without a word.
 * @throws when a manifest that it used does not list the volumes of its set
 */
export function assertWhole({ archiveDir, point }: Pick<Used, 'archiveDir' | 'point'>): void {
  for (const set of setsNeeded(point)) {
    const wrong = wrongWith(archiveDir, set)
    if (wrong !== undefined)
      throw new Error(
        `the manifest of the ${set.kind} set of ${printTime(set.time)} is damaged: it ${wrong}. Nothing can be restored by it`,
      )
  }
}

const copyOf = (archiveDir: string, { manifest }: BackupSet): string => join(archiveDir, copyName(manifest?.name ?? ''))

function dropManifest(archiveDir: string, set: BackupSet): void {
  rmSync(copyOf(archiveDir, set), { force: true })
}

/**
 * What is wrong with the copy of a set's manifest, to be read after its name; undefined when it lists the very volumes
 * that the archive has.
 */
function wrongWith(archiveDir: string, set: BackupSet): string | undefined {
  const found = set.volumes.map(({ number }) => number)
  try {
    const listed = parseManifest(readFileSync(copyOf(archiveDir, set), 'utf8')).map(({ number }) => number)
    const isSame = listed.length === found.length && found.every(number => listed.includes(number))
    return isSame ? undefined : `lists ${count(listed)}, and the archive has ${count(found)}`
  } catch {
    return 'cannot be read'
  }
}

const count = (volumes: readonly number[]): string => counted(volumes.length, 'volume')
