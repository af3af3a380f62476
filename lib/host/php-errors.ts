import { dirname } from 'node:path'
import { fatalErrorsIn, type LogPlace, unreadFrom } from '../core/php-log.ts'
import { OpenedFolder } from './opened-folder.ts'
import type { SitePlace } from './site.ts'

/** What is read of a log, in bytes at its end: a site may write as much as it likes. */
const MOST = 4_000_000

/** What PHP's error log of a site tells. */
export interface PhpErrors {
  /** Fatal errors since it was read last; undefined when it is read for the first time. */
  readonly fatal: number | undefined
  readonly place: LogPlace
}

/**
 * Reads on in PHP's error log of a site, where the inventory names one; undefined where it does not, or no log is there
 * yet.
 * @param before how far it was read
 * @throws when something else than a file is there, or it cannot be read
 */
export function phpErrors({ folder, settings: { check } }: SitePlace, before: LogPlace | undefined): PhpErrors | undefined {
  if (check?.errorLog === undefined) return undefined
  const isOfHost = check.errorLog.startsWith('/')
  const [way, name] = partsOf(check.errorLog)
  using place = isOfHost ? OpenedFolder.openNamed(dirname(check.errorLog)) : OpenedFolder.open(folder)
  using within = isOfHost || way === '' ? undefined : place.folderIfThere(way)
  if (!isOfHost && way !== '' && !within) return undefined
  using file = (within ?? place).fileIfThere(name)
  if (!file) return undefined
  const now = { inode: file.stat.ino, bytes: file.stat.size }
  if (before === undefined) return { fatal: undefined, place: now }
  const text = file.part(unreadFrom(before, now, MOST), MOST).toString('utf8')
  return { fatal: fatalErrorsIn(text, isOfHost ? folder : undefined), place: now }
}

function partsOf(path: string): [folder: string, name: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, Math.max(0, at)), path.slice(at + 1)]
}
