import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The extensions that PHP loads on this machine, as Debian switches them on
 * (`/etc/php/VERSION/SAPI/conf.d/NN-NAME.ini`): of the newest version, for web servers where it has any, else for the
 * command line. None where there is no such folder.
 * @param root of the machine to look at
 */
export function phpExtensions(root = '/'): string[] {
  const php = join(root, '/etc/php')
  const [newest] = namesIn(php).toSorted((a, b) => Number(b) - Number(a))
  if (newest === undefined) return []
  const of = (sapi: string): string[] =>
    namesIn(join(php, newest, sapi, 'conf.d')).flatMap(name => /^\d+-(\w+)\.ini$/.exec(name)?.[1] ?? [])
  const served = [...of('apache2'), ...of('fpm')]
  return [...new Set(served.length > 0 ? served : of('cli'))].toSorted()
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
