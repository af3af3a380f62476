import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { SITE } from '../core/path.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { webRootIn } from '../host/site.ts'

/** {@link configsIn} a site's folder, or one that is restored beside it. None for a static site. */
export function configsFrom(folder: string, live = folder): readonly string[] {
  using site = OpenedFolder.openIfThere(folder)
  return site ? configsIn(site, live) : []
}

const CONFIG = 'wp-config.php'

/**
 * Where WordPresses of a site are configured: in its web root or, as WordPress allows, one level above; then in folders
 * of the web root, as Bedrock's `web` is where its project lies in `SITE`, or a blog beside pages that are none.
 */
export function configsIn(site: OpenedFolder, live: string): readonly string[] {
  const found = webRootIn(site, live)
  const way = found.kind === 'folder' ? found.way : SITE
  using root = site.plainFolder(way)
  const usual = isFileOrLink(root?.look(CONFIG)) ? [way] : isFileOrLink(site.look(CONFIG)) ? ['.'] : []
  const below = (root?.names() ?? []).filter(name => isWordPressIn(root!, name))
  return [...usual, ...below.map(name => join(way, name))].map(folder => join(site.name, folder, CONFIG))
}

/**
 * A configuration alone can be a copy that somebody kept: WordPress itself has to lie beside it, or in a folder `wp`.
 */
function isWordPressIn(root: OpenedFolder, name: string): boolean {
  using folder = root.plainFolder(name)
  if (!folder || !isFileOrLink(folder.look(CONFIG))) return false
  return isFileOrLink(folder.look('wp-settings.php')) || folder.look('wp')?.isDirectory() === true
}

const isFileOrLink = (stat: Stats | undefined): boolean => stat !== undefined && (stat.isFile() || stat.isSymbolicLink())
