import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isWithin } from '../core/path.ts'
import type { SitePlace } from '../host/site.ts'
import { enabledPath } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { objectionsTo } from '../web-server/objections.ts'
import type { Objection, SiteRights } from '../web-server/site-rights.ts'
import { virtualHosts } from '../web-server/virtual-hosts.ts'
import { type Approvals, digestOf, isAmong } from './approvals.ts'
import type { ConfigurationFile, Piece, Proposal } from './proposal.ts'

/** A file that waits for an administrator's word. */
export interface Waiting {
  readonly file: ConfigurationFile
  /** Never empty. */
  readonly objections: readonly Objection[]
  /** What is in force in its place; empty for nothing. */
  readonly inForce: string
  /** The digest of what was in force in its place when it was first proposed. */
  readonly replaces: string
}

/** What is to be done with the web server configuration that a set brings. */
export interface ConfigurationPlan {
  /** Those to be put in force, each with its file and link. */
  readonly put: readonly {
    readonly file: ConfigurationFile
    readonly pieces: readonly Piece[]
    readonly isApproved: boolean
    /** The digest of what it replaces, or was to replace when it was first proposed. */
    readonly replaces: string
  }[]
  readonly waiting: readonly Waiting[]
  /** What stays out, and why. */
  readonly remarks: readonly string[]
}

type WebServer = NonNullable<Host['webServer']>

/**
 * Decides about the web server files of a set. One goes in force when an administrator of this host has approved it
 * byte for byte, or all of it is known to be harmless, but not in place of a file that is not the site's alone.
 */
export function planConfiguration(
  webServer: WebServer,
  site: SitePlace,
  { files, replaces = {} }: Pick<Proposal, 'files' | 'replaces'>,
  rights: SiteRights,
  approvals: Approvals,
): ConfigurationPlan {
  const remarks: string[] = []
  const found = files.flatMap(file => {
    const place = placeOf(webServer, file.name)
    const here = place && textOf(place.file)
    const isOthers = here !== undefined && !servesOnly(webServer, here, site)
    if (place === undefined || isOthers)
      remarks.push(`web server file ${file.name} is left out: what has its name here is not this site's alone`)
    if (place === undefined || isOthers || isAmong(approvals.declined, file)) return []
    if (here === file.text && place.link === undefined) return []
    const isOff = here !== undefined && place.link !== undefined
    const isApproved = isAmong(approvals.approved, file)
    const was = Object.hasOwn(replaces, file.name) ? replaces[file.name] : undefined
    const isChanged = was !== undefined && was !== digestOf(here ?? '')
    const objections = [
      ...(isChanged ? [{ line: 1, text: 'what is in force in its place was changed here since' }] : []),
      ...(isApproved
        ? []
        : [
            ...(isOff ? [{ line: 1, text: 'it is switched off here: nothing in sites-enabled leads to it' }] : []),
            ...objectionsTo(webServer.kind, file.text, rights),
            ...(servesOnly(webServer, file.text, site) ? [] : [{ line: 1, text: 'it does not serve this site alone' }]),
          ]),
    ]
    return [
      {
        file,
        objections,
        inForce: isOff ? '' : (here ?? ''),
        replaces: was ?? digestOf(here ?? ''),
        pieces: piecesOf(place, file, here),
        isApproved,
      },
    ]
  })
  return {
    put: found.filter(({ objections }) => objections.length === 0),
    waiting: found.filter(({ objections }) => objections.length > 0),
    remarks,
  }
}

/** Where a site's configuration is, or is to be: its file, and the link that is to be made to it. */
interface FilePlace {
  readonly file: string
  readonly link: string | undefined
}

/** As the administrator laid it out, else Debian's way. Undefined where a link or something else is in its place. */
function placeOf(webServer: WebServer, name: string): FilePlace | undefined {
  const { folder } = webServer
  const enabled = enabledPath(webServer, name)
  const available = join(folder, 'sites-available', name)
  const stat = lstatSync(enabled, { throwIfNoEntry: false })
  if (stat?.isFile()) return { file: enabled, link: undefined }
  if (stat?.isSymbolicLink()) {
    const target = resolve(dirname(enabled), readlinkSync(enabled))
    const isPlain = dirname(target) === dirname(available) && lstatSync(target, { throwIfNoEntry: false })?.isFile()
    return isPlain ? { file: target, link: undefined } : undefined
  }
  if (stat) return undefined
  if (!existsSync(dirname(available))) return { file: enabled, link: undefined }
  const there = lstatSync(available, { throwIfNoEntry: false })
  return there && !there.isFile() ? undefined : { file: available, link: enabled }
}

const textOf = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined)

function piecesOf({ file: to, link }: FilePlace, { name, text }: ConfigurationFile, here: string | undefined): Piece[] {
  return [
    ...(here === text ? [] : [{ kind: 'file' as const, to, text, mode: 0o644 }]),
    ...(link === undefined ? [] : [{ kind: 'link' as const, to: link, target: `../sites-available/${name}` }]),
  ]
}

function servesOnly({ kind }: WebServer, text: string, site: SitePlace): boolean {
  const roots = virtualHosts(kind, text).flatMap(vhost => vhost.roots)
  return roots.length > 0 && roots.every(root => isWithin(root, site.folder))
}
