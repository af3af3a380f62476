import { dirname, join } from 'node:path'
import { OpenedFolder } from './opened-folder.ts'
import type { SitePlace } from './site.ts'
import { namesIn } from './whole-file.ts'

export interface Php {
  readonly version: string
  /** The extensions that it loads, by their names in `/etc/php`. */
  readonly extensions: readonly string[]
}

/**
 * PHP as Debian lays it out: `/etc/php/VERSION/SAPI/conf.d/NN-NAME.ini`. The extensions are those of web servers or,
 * where none has any, of the command line.
 */
export function phpHere(root = '/'): Php | undefined {
  const php = join(root, '/etc/php')
  const versions = namesIn(php).filter(name => /^\d+\.\d+$/.test(name))
  const [version] = versions.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }))
  if (version === undefined) return undefined
  const of = (sapi: string): string[] =>
    namesIn(join(php, version, sapi, 'conf.d')).flatMap(name => /^\d+-(\w+)\.ini$/.exec(name)?.[1] ?? [])
  const served = [...of('apache2'), ...of('fpm')]
  return { version, extensions: [...new Set(served.length > 0 ? served : of('cli'))].toSorted() }
}

/** What is read of a log, in bytes at its end: a site may write as much as it likes. */
const MOST = 4_000_000

export interface PhpErrors {
  /** Fatal errors since it was read last; undefined when it is read for the first time. */
  readonly fatal: number | undefined
  readonly place: LogPlace
}

/** Reads on in PHP's error log of a site, where the inventory names one. @param before how far it was read */
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

/** How far a log was read: the file by its inode, which another has once it is rotated, and the bytes of it. */
export interface LogPlace {
  readonly inode: number
  readonly bytes: number
}

/** The part of a log that was not read before, from a byte on: all of a new file, at most the last so many bytes. */
export function unreadFrom(before: LogPlace, now: LogPlace, most: number): number {
  const isSame = before.inode === now.inode && before.bytes <= now.bytes
  return Math.max(isSame ? before.bytes : 0, now.bytes - most)
}

/** How many fatal errors PHP wrote into a log: in this folder, where the log is of a whole host. */
function fatalErrorsIn(text: string, folder?: string): number {
  const isFatal = /\bPHP (?:Fatal|Parse) error: /
  return text.split('\n').filter(line => isFatal.test(line) && (folder === undefined || line.includes(` ${folder}/`))).length
}
