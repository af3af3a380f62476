import { join } from 'node:path'
import { type Auditable, type Damages, meaningOf, planAudit } from '../core/audit.ts'
import { type BackupSet, type Collection, setsOf } from '../core/collection.ts'
import { MEGABYTE } from '../core/limits.ts'
import { messageOf } from '../core/message.ts'
import { printTime } from '../core/restore-point.ts'
import { formatBytes } from '../core/size.ts'
import type { ManifestVolume } from '../duplicity/manifest.ts'
import type { Shell } from '../engine/shell.ts'
import type { Many, Step } from '../engine/step.ts'
import { rememberOrTell } from '../host/state.ts'
import { type AuditRecord, readAudit, writeAudit } from './audit-state.ts'
import type { SiteArchive } from './check-mount.ts'
import { type LookNeeds, listCollection, siteArchiveOf } from './collection.ts'
import type { Needs, Site } from './facts.ts'
import { manifestOf } from './manifests.ts'
import { siteDeadline } from './site-deadline.ts'

/** One site's part of tonight's audit. */
export interface SiteAudit {
  readonly site: Site
  readonly siteArchive: SiteArchive
  readonly collection: Collection
  readonly volumes: readonly Auditable[]
}

type Audits = { readonly audits: readonly SiteAudit[] }

/** Chooses the volumes of tonight from all sites that this host owns: one budget for all of them, the least recently read first. */
export const chooseVolumes: Step<Needs<'host' | 'archive' | 'roles'>, Audits> = {
  name: 'choose-volumes',
  title: 'Choose volumes to prove',
  run: async ({ host, archive, roles }, shell) => {
    if (archive.kind === 'url' || host.auditBudget === 0) {
      shell.note('info', archive.kind === 'url' ? 'what lies at a URL is not read' : 'auditBudget is 0')
      return { audits: [] }
    }
    const sites = await Promise.all(
      roles.primaries.map(async site => {
        const siteArchive = siteArchiveOf(archive, site.name)
        return { site, siteArchive, collection: await listCollection(siteArchive, shell) }
      }),
    )
    const all = sites.flatMap(({ site, collection }) => auditablesOf(site.name, collection, readAudit(host, site.name)))
    const chosen = planAudit(all, host.auditBudget * MEGABYTE)
    const sum = chosen.reduce((bytes, volume) => bytes + volume.bytes, 0)
    shell.note('info', `${chosen.length} of ${all.length} volumes, ${formatBytes(sum)}; all were read since ${oldestOf(all)}`)
    const audits = sites.map(each => ({ ...each, volumes: chosen.filter(volume => volume.site === each.site.name) }))
    return { audits: audits.filter(({ volumes }) => volumes.length > 0) }
  },
}

function auditablesOf(site: string, collection: Collection, { read, damages }: AuditRecord): Auditable[] {
  const volumes = finishedSets(collection).flatMap(set => set.volumes)
  return volumes.map(({ name, bytes }) => ({ site, name, bytes: bytes ?? 0, readAt: read[name], damaged: name in damages }))
}

const finishedSets = ({ chains }: Collection): readonly BackupSet[] => chains.flatMap(setsOf)

function oldestOf(volumes: readonly Auditable[]): string {
  if (volumes.length === 0 || volumes.some(volume => volume.readAt === undefined)) return '(not all yet)'
  return printTime(Math.min(...volumes.map(volume => volume.readAt!)))
}

/** The sites with volumes to read tonight. */
export const siteAudits: Many<Needs<'host'> & Audits, { audit: SiteAudit }> = {
  list: ({ audits }) => audits.map(audit => ({ audit })),
  nameOf: ({ audit }) => audit.site.name,
  deadline: ({ host, audit }) => siteDeadline({ host, site: audit.site }),
}

/** Reads volumes of a site and compares each with the hash in its manifest. What differs is remembered until it is well again: nothing is built on it. */
export const auditVolumes: Step<Needs<'host' | 'secrets' | 'request'> & { audit: SiteAudit }, void> = {
  name: 'audit',
  title: ({ audit }) => `Prove ${audit.volumes.length} volumes of ${audit.site.name}`,
  run: async ({ host, secrets, request, audit }, shell) => {
    if (request.dryRun) return shell.note('info', `would read ${audit.volumes.map(({ name }) => name).join(', ')}`)
    const { site, siteArchive, collection } = audit
    const found = await proveAll({ host, secrets, site, siteArchive }, audit, readAudit(host, site.name), shell)
    const record = { read: only(found.read, collection), damages: only(found.damages, collection) }
    rememberOrTell(shell, 'what was read cannot be remembered', () => writeAudit(host, site.name, record))
    if (found.failures.length > 0) throw new Error(found.failures.join('\n'))
  },
}

/** Reads the volumes, set by set, and gives what is known then, with a sentence for each that is not as it should be. */
async function proveAll(facts: LookNeeds, { collection, volumes }: SiteAudit, before: AuditRecord, shell: Shell) {
  const [read, damages, failures] = [{ ...before.read }, { ...before.damages }, [] as string[]]
  const wanted = new Set(volumes.map(volume => volume.name))
  for (const set of finishedSets(collection)) {
    const chosen = set.volumes.filter(({ name }) => wanted.has(name))
    if (chosen.length === 0) continue
    try {
      const found = await proveSet(facts, set, chosen, shell)
      for (const name of [...chosen.map(volume => volume.name), set.manifest!.name]) delete damages[name]
      for (const { name } of chosen) read[name] = shell.now()
      Object.assign(damages, found)
      failures.push(...Object.values(found).map(text => `${text}; ${meaningOf(collection, set)}`))
    } catch (error) {
      if (shell.stop.aborted) throw error
      failures.push(`the ${nameOf(set)} cannot be proven: ${messageOf(error)}`)
    }
  }
  return { read, damages, failures }
}

const nameOf = (set: BackupSet): string => `${set.kind} set of ${printTime(set.time)}`

/** Reads these volumes of a set. Gives what is wrong, by the name of the file. */
async function proveSet(facts: LookNeeds, set: BackupSet, volumes: BackupSet['volumes'], shell: Shell): Promise<Damages> {
  const listed = await manifestOf(facts, set, shell)
  const found: Record<string, string> = {}
  const missing = listed.filter(({ number }) => !set.volumes.some(volume => volume.number === number))
  if (missing.length > 0)
    found[set.manifest!.name] =
      `${nameOf(set)}: volume ${missing.map(({ number }) => number).join(', ')} of its manifest is missing`
  for (const volume of volumes) {
    const wrong = await proveVolume(
      join(facts.siteArchive.folder!, volume.name),
      volume.bytes ?? 0,
      wantedHash(listed, volume.number),
      shell,
    )
    if (wrong !== undefined) found[volume.name] = `${nameOf(set)}: volume ${volume.number} ${wrong} (${volume.name})`
  }
  return found
}

const wantedHash = (listed: readonly ManifestVolume[], number: number) => listed.find(volume => volume.number === number)?.sha1

/** Hashes one volume, in a process: a dead server would hang this one. */
async function proveVolume(path: string, bytes: number, wanted: string | undefined, shell: Shell): Promise<string | undefined> {
  if (wanted === undefined) return 'is not in its manifest'
  const timeout = 120 + bytes / 200_000 // 200 kB a second at least
  const hash = await shell
    .with({ timeout, onLine: () => {} })
    .ask(text => text.slice(0, 40))`sh -c ${'exec sha1sum <"$1"'} hash ${path}`
  return hash === wanted ? undefined : `is not what was written: its SHA1 is ${hash}, the manifest says ${wanted}`
}

/** What is still in the archive. */
function only<Value>(record: Readonly<Record<string, Value>>, { files }: Collection): Record<string, Value> {
  const there = new Set(files.map(file => file.name))
  return Object.fromEntries(Object.entries(record).filter(([name]) => there.has(name)))
}
