import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { LocalSite, PrimarySite, Request, Site } from '../../lib/host/site.ts'
import { type Host, type HostFile, hostSchema } from '../../lib/inventory/schema.ts'

/** A folder of this test file's own, removed after it. */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `holdfast-${name}-`))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Fields of an inventory whose every path lies in a folder. */
export function fieldsIn(folder: string, fields: Partial<HostFile> = {}): HostFile {
  const paths = Object.fromEntries(['state', 'cache', 'logs', 'run'].map(name => [name, join(folder, name)]))
  return {
    vhosts: join(folder, 'vhosts'),
    archive: { kind: 'folder', path: join(folder, 'archive') },
    certificates: join(folder, 'letsencrypt'),
    freeSpaceFactor: 0,
    keepDays: 0,
    drillTime: 0,
    paths,
    ...fields,
  }
}

/** A host as a step gets it. */
export function hostIn(folder: string, fields: Partial<HostFile> = {}): Host {
  return { ...hostSchema.parse(fieldsIn(folder, fields)), name: fields.name ?? 'web1' }
}

/** A site as a step gets it: in the vhosts folder of its host, owned by it. */
export function siteOf(host: Host, name: string, more?: Partial<PrimarySite> & { wpConfig?: string }): PrimarySite
export function siteOf(host: Host, name: string, more: Partial<Site> & { wpConfig?: string }): Site
export function siteOf(host: Host, name: string, more: Partial<Site> & { wpConfig?: string } = {}): Site {
  const folder = join(host.vhosts, name)
  const local: LocalSite = { name, folder, claims: [host.name], wpConfig: more.wpConfig }
  const role = { role: 'primary', owner: host.name, reason: 'for a test', choices: [] } as const
  return { name, folder, local, settings: { domains: [], env: [], exclude: [] }, role, ...more }
}

/** What the command line says when nothing is asked for. */
export const NO_REQUEST: Request = { dryRun: false, only: [], command: (task, ...options) => [task, ...options].join(' ') }
