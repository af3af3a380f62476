import { join } from 'node:path'
import type { SiteNeeds } from '../core/site-needs.ts'
import type { Site } from '../host/site.ts'
import { domainsOf, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import { namesIn } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import { modulesNeeded } from '../web-server/modules.ts'

/** What the site needs of a host that is to serve it, as this one has it. Another host's setup reads it. */
export function needsOf(host: Host, site: Site): SiteNeeds {
  const files = webServerFilesOf(webServerFiles(host), site)
  const isWordPress = site.local?.wpConfig !== undefined
  const isApache = host.webServer?.kind === 'apache' && files.length > 0
  // WordPress writes rules for pretty addresses into its .htaccess, which do nothing without
  const modules = [...files.flatMap(({ text }) => modulesNeeded(text)), ...(isWordPress ? ['rewrite'] : [])]
  const php = isWordPress ? phpExtensions() : []
  return {
    ...(isWordPress ? { database: true } : {}),
    ...(php.length > 0 ? { php } : {}),
    ...(files.length > 0 ? { webServer: host.webServer!.kind } : {}),
    ...(isApache && modules.length > 0 ? { modules: [...new Set(modules)].toSorted() } : {}),
    ...(lineagesOf(host.certificates, domainsOf(host, site)).length > 0 ? { certificates: true } : {}),
  }
}

/**
 * The extensions that PHP loads here, as Debian switches them on (`/etc/php/VERSION/SAPI/conf.d/NN-NAME.ini`): of the
 * newest version, for web servers where it has any, else for the command line.
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
