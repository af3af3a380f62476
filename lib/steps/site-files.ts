import { readFileSync, realpathSync, statSync } from 'node:fs'
import { sep } from 'node:path'

/** Whether a path is a folder itself or lies in it; both without links. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** What is larger is no configuration. Bytes. */
const LARGEST = 4_000_000

/**
 * Reads a text file that the site names, if it lies, all links followed, in one of the folders that it may use (S41): a link to another
 * site's configuration is refused. Undefined when there is no such file.
 */
export function readWithin(path: string, folders: readonly string[]): string | undefined {
  let real: string
  try {
    real = realpathSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
  if (!folders.some(folder => isWithin(real, real === folder ? folder : realOr(folder)))) {
    throw new Error(`${path} leads to ${real}, which is outside of what this site may read`)
  }
  const stat = statSync(real)
  if (!stat.isFile() || stat.size > LARGEST) throw new Error(`${path} is no text file that could be a configuration`)
  return readFileSync(real, 'utf8')
}

function realOr(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
