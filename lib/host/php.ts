import { join } from 'node:path'
import { namesIn } from './whole-file.ts'

/** PHP as it is installed on a host. */
export interface Php {
  /** The newest version: `8.2`. */
  readonly version: string
  /** The extensions that it loads, by their names in `/etc/php`. */
  readonly extensions: readonly string[]
}

/**
 * PHP as Debian lays it out: extensions are switched on by `/etc/php/VERSION/SAPI/conf.d/NN-NAME.ini`. Those of the
 * newest version, for web servers where it has any, else for the command line. Undefined where there is none.
 * @param root of the machine to look at
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
