import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type BackupSet, type Collection, setsOf } from '../../core/collection.ts'
import { printTime, type RestorePoint } from '../../core/restore-point.ts'
import { cannotWrite, counted, listed } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import { OpenedFolder } from '../../host/opened-folder.ts'
import type { Host } from '../../inventory/schema.ts'
import type { Secrets } from '../../inventory/secrets.ts'
import type { SiteArchive } from '../../store/archive.ts'
import { restoreWords } from '../args.ts'
import { parseManifest } from '../manifest.ts'
import { parseName } from '../names.ts'
import { copyName, putPlaceholders } from './archive-dir.ts'
import { duplicityCall, targetOf } from './call.ts'
import { withFolderProgress } from './progress.ts'

/** Giving each file its owner and its mode. Devices cannot be made. */
const RESTORING = ['CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID'] as const

/** What to restore, from where, and into which folder, which must not exist yet. */
export interface Fetch {
  readonly host: Host
  readonly secrets: Secrets
  readonly site: string
  readonly archive: SiteArchive
  readonly collection: Collection
  readonly point: RestorePoint
  readonly into: string
  readonly path?: string
  /** Where others can change the way to `into`: where it is unpacked first, and what opens the one around `into`. */
  readonly beyond?: { readonly own: string; readonly open: () => OpenedFolder }
}

/**
 * Restores a tree into a new folder, in which duplicity follows no link: a set with links or `..` in its names writes
 * nowhere else (S41). The tree is put in its place when it is whole. @throws before a set known to be damaged, too
 */
export async function fetchTree(fetch: Fetch, shell: Shell): Promise<void> {
  const { host, secrets, site, archive, collection, point, into, path } = fetch
  if (point.problems.length > 0)
    throw new Error(`the set of ${printTime(point.time)} cannot be restored: ${point.problems.join('; ')}`)
  const target = targetOf(host, site, archive, 'restore')
  const { volumeSize } = host.duplicity
  await using around = newFolderFor(dirname(into), fetch.beyond)
  const made = join(around.path, basename(into))
  const part = path === undefined ? {} : { path }
  const words = restoreWords({ ...target, into: made, time: point.time, volumeSize, ...part })
  await shell.act(`make the folder ${around.path}`, () => around.make())
  const sandbox = { writes: [around.path], noLinks: around.path, capabilities: RESTORING }
  // duplicity chooses a chain by its times: what a host added after it had lost the site would be among them
  const only = collection.lost && collection.files.map(({ name }) => name)
  await using call = await duplicityCall({ host, secrets, target, archive, access: 'reads', only, sandbox }, shell)
  const used = { archiveDir: target.archiveDir, point, collection, prefix: archive.prefix }
  await withNeededManifests(used, shell, () => withFolderProgress(made, shell, () => call.shell.act`${call.sandboxed(words)}`))
  if (path === undefined && archive.folder !== undefined) shell.transferred({ read: bytesOfVolumes(point) })
  const skipped = call.skipped()
  const lost = skipped.filter(({ isDevice }) => !isDevice)
  if (lost.length > 0) throw new Error(`the set holds what cannot be restored: ${listed(lost.map(({ text }) => text))}`)
  const devices = skipped.map(each => each.path)
  if (devices.length > 0) shell.note('warning', `a device is not restored, and nothing stands in its place: ${listed(devices)}`)
  await shell.act(`move ${made} to ${into}`, () => around.moveOut(basename(into)))
}

/**
 * A new folder of an unforeseeable name, removed when it is disposed of. The one around it is held open: wherever its
 * name leads meanwhile, what was made is moved to where it was begun, or nowhere.
 */
function newFolderFor(parent: string, beyond?: Fetch['beyond']) {
  const name = `.holdfast-fetch-${randomUUID()}`
  const held = new DisposableStack()
  let [around, target]: (OpenedFolder | undefined)[] = []
  return {
    path: join(beyond?.own ?? parent, name),
    make: (): void => {
      if (!beyond) mkdirSync(parent, { recursive: true, mode: 0o700 })
      target = held.use(beyond?.open() ?? OpenedFolder.openNamed(parent))
      around = beyond ? held.use(OpenedFolder.openNamed(beyond.own)) : target
      around.makeFolder(name)
    },
    moveOut: (made: string): void => {
      using folder = around?.folder(name)
      if (target) folder?.rename(made, made, target)
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      using _ = held
      if (around) await rm(around.at(name), { recursive: true, force: true })
    },
  }
}

const setsNeeded = ({ chain, time }: RestorePoint): readonly BackupSet[] => setsOf(chain).filter(set => set.time <= time)

/** What a whole restore reads. Manifests are small, and most of them are here; of a part nobody knows beforehand. */
const bytesOfVolumes = (point: RestorePoint): number =>
  setsNeeded(point)
    .flatMap(({ volumes }) => volumes)
    .reduce((sum, { bytes = 0 }) => sum + bytes, 0)

interface Used {
  readonly archiveDir: string
  readonly point: RestorePoint
  readonly collection: Collection
  readonly prefix: string
}

/** Restores by the manifests that a restore needs. They are fetched anew after a failure: they may be why. */
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
 * Puts placeholders for all manifests but those that the restore needs, and of these keeps only copies that may be
 * right: duplicity never compares them with the archive's.
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

/** @throws when duplicity left out volumes, as it does by a manifest that was cut short */
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

/** What is wrong with the copy of a set's manifest; undefined when it lists the very volumes that the archive has. */
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
