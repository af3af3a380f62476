import { dirname, join, relative } from 'node:path'
import { isWithin, mountsOnTheWay, mountsWithin } from '../core/path.ts'
import type { Exchange } from '../core/restore-journal.ts'
import { mountTable } from '../engine/kernel.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import type { Host } from '../inventory/schema.ts'

/** A name in a folder that is held open: what is exchanged lies there, whatever the path leads to meanwhile. */
export class Place implements Disposable {
  readonly folder: OpenedFolder
  readonly name: string

  constructor(folder: OpenedFolder, name: string) {
    this.folder = folder
    this.name = name
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }

  /** The path that people know. */
  get shown(): string {
    return `${this.folder.name}/${this.name}`
  }

  /** Leads there while it is open, for this process and its commands. */
  get path(): string {
    return this.folder.at(this.name)
  }

  /** The path as the kernel knows it, without any link on the way. */
  get real(): string {
    return join(this.folder.real(), this.name)
  }
}

/** The folders in which a restore changes something. */
export type Bases = Pick<Host, 'vhosts' | 'certificates' | 'webServer'>

/**
 * Opens the folder that a path of a restore lies in, part by part, from the folder that the inventory names. None may
 * be a link, which a site's owner can make at any time, and a set can bring.
 * @returns undefined where a folder on the way is not there
 * @throws {WrongKind} where one is a link or a file
 */
export function openPlace(host: Bases, path: string): Place | undefined {
  const nearest = openNearest(host, path)
  if (nearest.shown === path) return nearest
  nearest[Symbol.dispose]()
  return undefined
}

/** The same; folders that are missing on the way are made. */
export const makePlace = (host: Bases, path: string): Place =>
  walkTo(host, path, (folder, part) => folder.folderMade(part, 0o755))

/** The place itself or, where folders on the way to it are gone, that of the uppermost of those. */
export const openNearest = (host: Bases, path: string): Place => walkTo(host, path, () => undefined)

function walkTo(host: Bases, path: string, atMissing: (folder: OpenedFolder, part: string) => OpenedFolder | undefined): Place {
  const { base, way, name } = partsOf(host, path)
  let folder = OpenedFolder.openNamed(base)
  try {
    for (const part of way) {
      const next = folder.folderIfThere(part) ?? atMissing(folder, part)
      if (!next) return new Place(folder, part)
      folder[Symbol.dispose]()
      folder = next
    }
    return new Place(folder, name)
  } catch (error) {
    folder[Symbol.dispose]()
    throw error
  }
}

/** The path without any link, as the mount table has it, or that of the uppermost folder on the way that is gone. */
export function realPath(host: Bases, path: string): string {
  if (basesOf(host).includes(path)) {
    using base = OpenedFolder.openNamed(path)
    return base.real()
  }
  using place = openNearest(host, path)
  return place.real
}

const basesOf = ({ vhosts, certificates, webServer }: Bases): string[] => [
  vhosts,
  certificates,
  ...(webServer ? [webServer.folder] : []),
]

function partsOf(host: Bases, path: string) {
  const bases = basesOf(host)
  const base = bases.find(each => isWithin(path, each) && path !== each)
  if (base === undefined) throw new Error(`${path} lies in none of the folders that a restore may change: ${bases.join(', ')}`)
  const parts = relative(base, path).split('/')
  return { base, way: parts.slice(0, -1), name: parts.at(-1)! }
}

/** For both sides, just before the exchange: an undo may be days later. @throws when something is mounted in one */
export function assertNoMounts(host: Bases, exchanges: readonly Exchange[]): void {
  for (const path of exchanges.flatMap(({ live, held }) => [live, held])) refuse(host, dirname(path), path)
}

/** The mounts in a folder that is to be deleted with all that is in it. */
export const mountsIn = (host: Bases, folder: string): readonly string[] => mountsWithin(mountTable(), realPath(host, folder))

/** @param root a folder around the path, whose own file system the restore is prepared on */
export function refuse(host: Bases, root: string, path: string): void {
  const there = realPath(host, path)
  const [mount] = [...mountsOnTheWay(mountTable(), realPath(host, root), there), ...mountsWithin(mountTable(), there)]
  if (mount === undefined) return
  throw new Error(
    `${mount} is a mount, and ${path} would be replaced with it: unmount it first, or bring back with --path what lies beside it`,
  )
}
