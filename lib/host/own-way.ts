import { lstatSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { OpenedFolder } from './opened-folder.ts'

/** A way through the machine's folders, which may lead on into those of others. */
export interface Way {
  /** As far as nobody but root and this user can change it; without links. */
  readonly own: string
  /** The names that follow, in folders that somebody else can exchange at any moment, or that are not there. */
  readonly rest: readonly string[]
}

/** Tells how far a way is nobody else's to change. */
export function wayTo(path: string): Way {
  const names = resolve(path)
    .split('/')
    .filter(name => name !== '')
  let own = '/'
  for (const [at, name] of names.entries()) {
    const next = realFolder(join(own, name))
    if (next === undefined || !isOwn(next)) return { own, rest: names.slice(at) }
    own = next
  }
  return { own, rest: [] }
}

/** Opens the folder at the end of a way, made where it is missing. @throws {WrongKind} where somebody put a link */
export function openWay({ own, rest }: Way): OpenedFolder {
  let folder = OpenedFolder.openNamed(own)
  for (const name of rest) {
    using around = folder
    folder = around.folderMade(name)
  }
  return folder
}

function realFolder(path: string): string | undefined {
  try {
    const real = realpathSync(path)
    return lstatSync(real).isDirectory() ? real : undefined
  } catch {
    return undefined
  }
}

/** Whether it and all folders around it are root's or this user's, and nobody else can exchange what lies in it. */
function isOwn(folder: string): boolean {
  const { uid, mode } = lstatSync(folder)
  const isOurs = (uid === 0 || uid === process.geteuid?.()) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0)
  return isOurs && (folder === '/' || isOwn(dirname(folder)))
}
