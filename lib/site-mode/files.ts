import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  symlinkSync,
  utimesSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isWithin } from '../core/path.ts'
import type { SiteMode } from '../core/site-mode.ts'
import { keyOf } from '../host/http-check.ts'
import type { SitePlace } from '../host/site.ts'
import { REPLACED, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import { removeFile, textIfThere, writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { apacheForward, apacheMode } from '../web-server/apache-mode.ts'
import { type ModePlan, saidMode } from '../web-server/mode-page.ts'
import { nginxMode } from '../web-server/nginx-mode.ts'

type WebServer = NonNullable<Host['webServer']>

/** A file of the web server's as it is to be, or was. */
export interface ModeFile {
  readonly file: string
  /** What of ours it holds; undefined where there is to be nothing of ours. */
  readonly text: string | undefined
  /** Where the administrator's own is kept while ours is in its place; undefined for a file that is ours alone. */
  readonly kept?: string | undefined
}

/** Debian's Apache reads it before the sites: what is in it reaches all of them, whatever they are. */
const ownFile = ({ folder }: WebServer, site: string): string =>
  join(folder, 'conf-enabled', `holdfast-${encodeURIComponent(site)}.conf`)

/** Apache's own means reach every virtual host, but to forward; else ours stands in the place of each enabled file. */
export function modeFiles(host: Host, webServer: WebServer, site: SitePlace, mode: SiteMode): readonly ModeFile[] {
  const { kind, folder } = webServer
  const plan = mode.kind === 'open' ? undefined : planOf(host, webServer, site, mode)
  const isInPlace = kind === 'nginx' || mode.kind === 'forward'
  const changed = kind === 'apache' ? apacheForward : nginxMode
  const enabled = webServerFilesOf(webServerFiles(host), site).map(({ name, text }) => ({
    file: join(folder, 'sites-enabled', name),
    text: plan && isInPlace ? changed(text, plan) : undefined,
    kept: join(folder, REPLACED, name),
  }))
  const own = { file: ownFile(webServer, site.name), text: plan && !isInPlace ? apacheMode(plan) : undefined }
  return [...(kind === 'apache' ? [own] : []), ...enabled.filter(({ text, kept }) => text !== undefined || existsSync(kept))]
}

const MODULES = { guard: ['headers', 'env', 'alias'], forward: ['headers', 'proxy', 'proxy_http', 'ssl'] }

function planOf(host: Host, webServer: WebServer, site: SitePlace, mode: ModePlan['mode']): ModePlan {
  const modules = MODULES[mode.kind === 'forward' ? 'forward' : 'guard']
  const loaders = modules.map(name => [name, join(webServer.folder, 'mods-available', `${name}.load`)] as const)
  return {
    mode,
    roots: rootsOf(host, site),
    guard: guardFile(webServer),
    key: keyOf(host, site.name) ?? '',
    loaders: Object.fromEntries(loaders.filter(([, file]) => existsSync(file))),
  }
}

export function isAsWanted({ file, text, kept }: ModeFile): boolean {
  if (kept === undefined) return textIfThere(file) === text
  return text === undefined ? !existsSync(kept) : existsSync(kept) && textIfThere(file) === text
}

/** Makes it so. Whatever stops it, the web server finds either what was or what is to be. */
export function putFile({ file, text, kept }: ModeFile): void {
  const isOurs = kept === undefined || saidMode(textIfThere(file) ?? '') !== undefined
  if (text !== undefined) {
    // what an administrator has put in the place of ours meanwhile is what is to come back
    if (!isOurs) keep(file, kept)
    writeWhole(file, text, 0o600)
  } else if (kept === undefined) removeFile(file)
  else if (isOurs) renameSync(kept, file)
  else removeFile(kept)
}

function keep(file: string, kept: string): void {
  mkdirSync(join(kept, '..'), { recursive: true, mode: 0o700 })
  removeFile(kept)
  const stat = lstatSync(file)
  if (stat.isSymbolicLink()) symlinkSync(readlinkSync(file), kept)
  else {
    writeWhole(kept, textIfThere(file) ?? '', stat.mode & 0o777)
    utimesSync(kept, stat.atime, stat.mtime)
  }
}

/** The folders by which virtual hosts serve a site: its own, and what leads into it by links. */
function rootsOf(host: Host, { folder }: SitePlace): string[] {
  const named = webServerFiles(host).flatMap(file => file.hosts.flatMap(each => each.roots))
  const others = named.filter(root => !isWithin(root, folder) && isWithin(real(root), real(folder)))
  return [...new Set([folder, ...others.map(root => root.replace(/\/+$/, ''))])]
}

export const isServed = (host: Host, site: SitePlace): boolean =>
  site.settings.check?.url !== undefined ||
  webServerFiles(host).some(file =>
    file.hosts.some(each => each.roots.some(root => rootsOf(host, site).some(own => isWithin(root, own)))),
  )

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

const SOURCE = join(import.meta.dirname, 'guard.php')

/** The file that PHP reads before those of a guarded site. It stays: a worker of PHP may ask for it while it lives. */
const guardFile = ({ folder }: WebServer): string => join(folder, 'holdfast', 'guard.php')

/** Puts it in place, for everybody to read and for root to write, unless it is there. */
export function putGuard(webServer: WebServer): void {
  const [file, text] = [guardFile(webServer), readFileSync(SOURCE, 'utf8')]
  if (textIfThere(file) === text) return
  writeWhole(file, text, 0o644)
  chmodSync(dirname(file), 0o755)
}
