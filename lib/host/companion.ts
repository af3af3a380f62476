import { createHash } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { SiteData } from '../core/database-access.ts'
import type { Shell } from '../engine/shell.ts'
import { type OpenedFile, WrongKind } from './opened-file.ts'
import { OpenedFolder } from './opened-folder.ts'

/** Replaces a folder within another by a new one, which `fill` fills beside it, in its own shell and by its path. */
export async function replaceFolder(
  name: string,
  parent: string,
  shell: Shell,
  fill: (within: Shell, folder: string) => Promise<void>,
): Promise<void> {
  const [place, fresh, old] = ['', '.new', '.old'].map(ending => join(parent, `${name}${ending}`)) as [string, string, string]
  // in this process: four commands a site would be the dearest part of a night in which nothing changed
  await shell.act(`make ${name}.new, empty`, async () => {
    for (const left of [fresh, old]) await rm(left, { recursive: true, force: true })
    await mkdir(fresh, { mode: 0o700 })
  })
  await fill(shell.with({ cwd: fresh }), fresh)
  await shell.act(`put ${name}.new in place of ${name}`, async () => {
    await rename(place, old).catch(unlessMissing)
    await rename(fresh, place)
    await rm(old, { recursive: true, force: true })
  })
}

function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

/** Beside `SITE`, for what belongs to the site but lies elsewhere: database, certificates, web server files. */
export const COMPANION = '.holdfast'

/**
 * A site's companion folder, held open: whoever owns the site's folder may rename things in it at any moment. `path`
 * names it for this process and its commands, whatever its name leads to (S41).
 */
export interface Companion extends Disposable {
  readonly path: string
  /** Undefined in a dry run that finds none. */
  readonly opened: OpenedFolder | undefined
}

/**
 * Opens a site's companion folder, made when it is missing; a dry run gets its name instead.
 * @throws when it is a link, or others can enter it: somebody else made it
 */
export async function openCompanion(siteFolder: string, shell: Shell): Promise<Companion> {
  const path = join(siteFolder, COMPANION)
  using site = OpenedFolder.open(siteFolder)
  let opened = companionIn(site)
  if (!opened)
    await shell.act(`make the folder ${path}`, () => {
      opened = site.folderMade(COMPANION)
    })
  if (!opened) return { path, opened, [Symbol.dispose]: () => {} }
  try {
    secure(opened)
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
  const { path: here } = opened
  return { path: here, opened, [Symbol.dispose]: () => opened?.[Symbol.dispose]() }
}

function companionIn(site: OpenedFolder): OpenedFolder | undefined {
  try {
    return site.folderIfThere(COMPANION)
  } catch (error) {
    if (!(error instanceof WrongKind)) throw error
    throw new Error(`${error.message}: somebody else made it; look at what it is and remove it`)
  }
}

function secure(opened: OpenedFolder): void {
  const { uid, mode } = opened.stat()
  const me = process.geteuid?.() ?? uid
  if (uid !== me)
    throw new Error(
      `${opened.name} belongs to user ${uid}, wanted user ${me}: somebody else made it; look at what is in it and remove it`,
    )
  if ((mode & 0o077) !== 0) opened.setMode(0o700)
}

/** The name of a database's dump in the companion folder: a folder, or a copy of a file of SQLite. */
export function dumpName(data: SiteData, isOwn: boolean): string {
  const [name, ending] = 'sqlite' in data ? [data.sqlite, 'sqlite'] : [data.database, 'tables']
  if (isOwn) return `database.${ending}`
  return `database-${/^[\w.-]{1,100}$/.test(name) ? name : createHash('sha1').update(name).digest('hex')}.${ending}`
}

/** The dump of a site's own database: a folder with a file for each table; formerly one file. */
export const DUMP = 'database.tables'
const FORMER_DUMP = 'database.sql'

/** The name that a dump had when it was one file; undefined for a copy of SQLite's. */
export const formerName = (name: string): string | undefined =>
  name.endsWith('.tables') ? name.replace(/tables$/, 'sql') : undefined

export const isSqlDump = (name: string): boolean => /\.(tables|sql)$/.test(name)

/** The names of the dumps in a companion folder: that of the site's own database first. */
export const dumpNames = (companion: OpenedFolder): string[] =>
  companion
    .names()
    .filter(name => /^database(-.*)?\.(tables|sql|sqlite)$/.test(name))
    .toSorted((a, b) => rank(a) - rank(b))

const rank = (name: string): number => (name === DUMP ? 0 : name === FORMER_DUMP ? 1 : 2)

/** The names of the dumps in a site's folder, or in a restored one, as far as they are what they should be. */
export function dumpsIn(folder: string): string[] {
  using opened = OpenedFolder.openIfThere(folder)
  using companion = opened?.plainFolder(COMPANION)
  const names = companion ? dumpNames(companion) : []
  const isDump = (name: string): boolean => {
    const there = companion?.look(name)
    return (name.endsWith('.tables') ? there?.isDirectory() : there?.isFile()) ?? false
  }
  const found = names.filter(isDump)
  // a run that was killed may leave both: the folder is the newer one
  return found.filter(name => !found.some(other => formerName(other) === name))
}

/** Opens the copy of a database of SQLite in a site's folder, live or restored. */
export function openCopy(folder: string, name: string): OpenedFile | undefined {
  using opened = OpenedFolder.openIfThere(folder)
  using companion = opened?.plainFolder(COMPANION)
  return companion?.plainFile(name)
}
