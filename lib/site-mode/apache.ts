import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SiteMode } from '../core/site-mode.ts'
import { keyOf } from '../host/own-requests.ts'
import type { SitePlace } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { apacheMode } from '../web-server/apache-mode.ts'
import { guardFile } from './guard.ts'
import { rootsOf } from './roots.ts'

type WebServer = NonNullable<Host['webServer']>

/** The file in which a site's mode is. Debian's Apache reads it before the sites. */
export const apacheModeFile = ({ folder }: WebServer, site: string): string =>
  join(folder, 'conf-enabled', `holdfast-${encodeURIComponent(site)}.conf`)

const MODULES = ['headers', 'env', 'alias']

/** What that file is to hold; undefined for none. */
export function apacheModeText(host: Host, webServer: WebServer, site: SitePlace, mode: SiteMode): string | undefined {
  if (mode.kind === 'open') return undefined
  const loaders = MODULES.map(name => [name, join(webServer.folder, 'mods-available', `${name}.load`)] as const)
  return apacheMode({
    mode,
    roots: rootsOf(host, site),
    guard: guardFile(webServer),
    key: keyOf(host, site.name),
    loaders: Object.fromEntries(loaders.filter(([, file]) => existsSync(file))),
  })
}
