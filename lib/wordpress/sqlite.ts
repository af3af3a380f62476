import { constants, copyFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { SqliteFile } from '../core/database-access.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { dumpName, openCopy } from '../host/companion.ts'
import type { OpenedFile } from '../host/opened-file.ts'
import { OpenedFolder, unfinished } from '../host/opened-folder.ts'
import { sandboxed } from '../host/sandbox.ts'
import { phpSettings } from './config-view.ts'

/** Milliseconds for which whoever writes in the database is waited for. */
const BUSY = 20_000
const BY_PHP = `class_exists('SQLite3') || exit(127); $from = new SQLite3($argv[1]); $from->busyTimeout(${BUSY}); exit($from->backup(new SQLite3('/tmp/copy')) ? 0 : 1);`
const COPY = `if command -v sqlite3 >/dev/null; then exec sqlite3 -bail -cmd '.timeout ${BUSY}' "$1" '.backup main /tmp/copy'; fi; exec php -r "$2" "$1"`

/**
 * Copies a database of SQLite as it is at one moment, though somebody writes in it: by SQLite itself, as the site's own
 * program and with the rights of the file's owner, in a sandbox that sees nothing but the folder of the file (S41).
 * @param folder the site's
 * @param copy an empty file
 * @returns false where neither sqlite3 nor PHP's extension is there
 * @throws with what SQLite says
 */
export async function copySqlite(folder: string, { sqlite }: SqliteFile, copy: OpenedFile, shell: Shell): Promise<boolean> {
  using around = openAround(folder, sqlite)
  const found = around.look(basename(sqlite))
  if (!found?.isFile()) throw new Error(`${sqlite} is no file any more`)
  const { uid, gid, blocks } = found
  copy.setOwner(uid, gid)
  const sandbox = {
    reads: phpSettings(),
    writes: [
      { from: around.path, to: '/database' },
      { from: copy.path, to: '/tmp/copy' },
    ],
    ...(uid === 0 ? {} : { user: { uid, gid } }),
    // what lies beside it is added, and no file of holes makes a full disk
    limits: { fileSize: 2 * 512 * blocks + (64 << 20) },
  }
  try {
    await shell.act`${sandboxed(['sh', '-c', COPY, 'copy', `/database/${basename(sqlite)}`, BY_PHP], sandbox)}`
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode === 127) return false
    throw error
  } finally {
    copy.setOwner(process.geteuid?.() ?? uid, process.getegid?.() ?? gid)
  }
}

/**
 * Puts the copy of a database in place of its file in a restored tree, of which a part may have been written later than
 * another. Does nothing where there is no copy.
 */
export function putSqliteCopy(tree: string, data: SqliteFile, isOwn: boolean): boolean {
  using copy = openCopy(tree, dumpName(data, isOwn))
  using folder = openAround(tree, data.sqlite)
  const name = basename(data.sqlite)
  const file = folder.look(name)
  if (!copy || !file?.isFile()) return false
  const fresh = unfinished()
  copyFileSync(copy.path, folder.at(fresh), constants.COPYFILE_EXCL)
  using made = folder.file(fresh)
  made.setOwner(file.uid, file.gid)
  made.setMode(file.mode & 0o777)
  made.setTimes(file.atime, file.mtime)
  for (const ending of ['-wal', '-shm', '-journal']) folder.removeFile(name + ending)
  folder.rename(fresh, name)
  return true
}

/** Opens the folder of a file in a site. @throws {WrongKind} for a link on the way: the site may be somebody's */
function openAround(folder: string, path: string): OpenedFolder {
  const way = dirname(path)
  if (way === '.') return OpenedFolder.open(folder)
  using site = OpenedFolder.open(folder)
  return site.folder(way)
}
