import type { SiteNeeds } from '../core/site-needs.ts'
import { phpExtensions } from '../host/php-extensions.ts'
import type { Site } from '../host/site.ts'
import { domainsOf, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import { modulesNeeded } from '../web-server/modules.ts'

/**
 * What the site needs of a host that is to serve it, as this one has it: another host's setup reads it beside the sets.
 */
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
