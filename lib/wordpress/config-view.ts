import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Place, unusedUser } from '../host/sandbox.ts'

/** Where a site's configuration lies, for its view of the machine. */
export interface Viewed {
  readonly config: string
  readonly folder: string
  readonly liveFolder: string
  readonly domains: readonly string[]
}

/** Debian keeps one configuration a domain here, all of them the group www-data's to read. */
const DEBIAN_CONFIGS = '/etc/wordpress'
/** Where PHP's own settings and its list of extensions are: Debian's and Red Hat's places. */
const PHP_SETTINGS = ['/etc/php', '/etc/php.ini', '/etc/php.d'] as const
const DEBIAN_WORDPRESS = '/usr/share/wordpress/wp-settings.php'
const NO_WORDPRESS = join(import.meta.dirname, 'wp-settings.php')

/**
 * What the PHP that runs a site's configuration sees besides the system: PHP's settings, the site's own folder where it
 * is when it is live, and Debian's files for its own domains. WordPress is covered wherever it may be begun: beside the
 * configuration, one level below, in Debian's place.
 */
export function visible(place: Viewed): Place[] {
  const { folder } = place
  const lives = livePaths(place.liveFolder)
  const covered = (to: string): Place => ({ from: NO_WORDPRESS, to })
  return [
    ...phpSettings(),
    ...debianConfigs(place),
    ...lives.map(to => ({ from: folder, to })),
    ...lives.flatMap(live => beginningsOfWordPress(place).map(path => covered(join(live, path)))),
    ...(existsSync(DEBIAN_WORDPRESS) ? [covered(DEBIAN_WORDPRESS)] : []),
  ]
}

/** PHP's own settings and its list of extensions, where they are on this host. */
export const phpSettings = (): string[] => PHP_SETTINGS.filter(path => existsSync(path))

/** The paths by which a site may know its live folder: as the inventory says, and without links on the way. */
export function livePaths(liveFolder: string): string[] {
  const settled = join(resolvedPath(dirname(liveFolder)), relative(dirname(liveFolder), liveFolder))
  return [...new Set([liveFolder, settled])]
}

/**
 * Whose rights it has: those of the configuration's owner or, where that is root, of nobody. Its group is that of the
 * file which holds the passwords, since a web server that is not the owner reads it by that.
 */
export function readableBy(place: Viewed): { readonly uid: number; readonly gid: number } {
  const nobody = unusedUser()
  const config = statSync(place.config, { throwIfNoEntry: false })
  const [debian] = debianConfigs(place).map(path => statSync(path, { throwIfNoEntry: false }))
  return { uid: config?.uid || nobody.uid, gid: (debian ?? config)?.gid ?? nobody.gid }
}

/** Debian's configurations for these domains. */
export const debianConfigs = ({ domains }: Pick<Viewed, 'domains'>): string[] =>
  domains
    .filter(domain => /^[a-z0-9.-]+$/.test(domain))
    .map(domain => join(DEBIAN_CONFIGS, `config-${domain}.php`))
    .filter(path => existsSync(path))

/** The files by which WordPress would begin, below the site's folder and without links. */
function beginningsOfWordPress({ config, folder }: Viewed): string[] {
  const root = resolvedPath(folder)
  const beside = dirname(config)
  const found = ['.', ...foldersIn(beside)].map(name => resolvedPath(join(beside, name, 'wp-settings.php')))
  const own = found.filter(path => path.startsWith(`${root}/`) && existsSync(path)).map(path => relative(root, path))
  return [...new Set(own)]
}

function foldersIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter(entry => entry.isDirectory() || entry.isSymbolicLink()).map(entry => entry.name)
  } catch {
    return []
  }
}

/** A path without links; as it is where it leads nowhere. */
function resolvedPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
