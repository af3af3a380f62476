import { type Auditable, allReadSince, nightsToReadAll, planAudit } from '../core/audit.ts'
import { type BackupSet, type Collection, type Damage, type FileRef, filesOf, setsOf } from '../core/collection.ts'
import { meaningOf } from '../core/damage.ts'
import type { AuditedFile, AuditedFiles } from '../core/known-file.ts'
import { MEGABYTE } from '../core/limits.ts'
import { messageOf } from '../core/message.ts'
import { printTime } from '../core/restore-point.ts'
import { withMarksOf } from '../core/set-record.ts'
import { formatBytes } from '../core/size.ts'
import { filePrefixIn } from '../duplicity/args.ts'
import { volumesListed } from '../duplicity/known-files.ts'
import type { Shell } from '../engine/shell.ts'
import type { Many, Step } from '../engine/step.ts'
import { withFiles } from '../store/audited-files.ts'
import { hashFiles, type ToHash } from '../store/file-hashes.ts'
import { proveAgain, type SiteArchive } from './check-mount.ts'
import { knownIn, type LookNeeds, listCollection, readCollection, siteArchiveOf, withKnown } from './collection.ts'
import { rememberFiles } from './compare-files.ts'
import { encryptedSince } from './encryption.ts'
import type { Needs, Site } from './facts.ts'
import { readLimits } from './limits.ts'
import { manifestOf } from './manifests.ts'
import { readBack } from './read-back.ts'
import { siteDeadline } from './site-deadline.ts'
import { siteTelling } from './site-telling.ts'

/** One site's part of tonight's audit. */
export interface SiteAudit {
  readonly site: Site
  readonly siteArchive: SiteArchive
  readonly listed: Collection
  readonly files: readonly Auditable[]
}

type Audits = { readonly audits: readonly SiteAudit[] }

type ChooseNeeds = Needs<'host' | 'secrets' | 'archive'>

/** Chooses what to read tonight of all sites that this host owns: one budget for all of them, the least recently read first. */
export const chooseFiles: Step<ChooseNeeds & Needs<'roles'>, Audits> = {
  name: 'choose-files',
  title: 'Choose files of the archive to read again',
  run: (facts, shell) => choose(facts, facts.roles.primaries, shell),
}

/** The same of a desktop's archive. */
export const chooseDesktopFiles: Step<ChooseNeeds & Needs<'site'>, Audits> = {
  name: 'choose-files',
  title: 'Choose files of the archive to read again',
  run: (facts, shell) => choose(facts, [facts.site], shell),
}

async function choose({ host, secrets, archive }: ChooseNeeds, owned: readonly Site[], shell: Shell): Promise<Audits> {
  if (archive.kind === 'url' || host.auditBudget === 0) {
    shell.note('info', archive.kind === 'url' ? 'what lies at a URL is not read' : 'auditBudget is 0')
    return { audits: [] }
  }
  const sites = await Promise.all(
    owned.map(async site => {
      const siteArchive = siteArchiveOf(archive, site.name)
      const listed = await listCollection(siteArchive, shell)
      const known = await knownIn({ host, secrets, site, siteArchive }, listed, shell)
      return { site, siteArchive, listed, all: auditablesOf(site.name, listed, known) }
    }),
  )
  const all = sites.flatMap(site => site.all)
  const budget = host.auditBudget * MEGABYTE
  const chosen = planAudit(all, budget)
  const sum = chosen.reduce((bytes, file) => bytes + file.bytes, 0)
  const since = allReadSince(all)
  const [oldest, nights] = [since === undefined ? '(not all yet)' : printTime(since), nightsToReadAll(all, budget)]
  shell.note(
    'info',
    `${chosen.length} of ${all.length} files, ${formatBytes(sum)}; all were read since ${oldest}, and are read again within ${nights} nights`,
  )
  const audits = sites.map(site => ({ ...site, files: chosen.filter(file => file.site === site.site.name) }))
  return { audits: audits.filter(({ files }) => files.length > 0) }
}

/** What can be read of a site: what is missing, or has another size than was written, is known to be damaged without. */
export function auditablesOf(site: string, { chains }: Collection, known: AuditedFiles): Auditable[] {
  const files = chains.flatMap(setsOf).flatMap(filesOf)
  return files.flatMap(({ name, bytes = 0, modifiedAt }) => {
    const { bytes: written = bytes, readAt, wrong, wrongSince }: AuditedFile = known[name] ?? {}
    const rewritten = wrong !== undefined && wrongSince !== modifiedAt
    return written === bytes ? [{ site, name, bytes, readAt, rewritten }] : []
  })
}

/** The sites with files to read tonight. */
export const siteAudits: Many<Needs<'host'> & Audits, { audit: SiteAudit }> = {
  list: ({ audits }) => audits.map(audit => ({ audit })),
  nameOf: ({ audit }) => audit.site.name,
  deadline: ({ host, audit }) => siteDeadline({ host, site: audit.site }),
}

/**
 * Reads files of a site's archive and compares each with the hash that was written down when it was made. What differs is remembered until it is well again: nothing is built on
 * it. Manifests and signatures of which this host has a copy are put back.
 */
export const auditFiles: Step<Needs<'host' | 'secrets' | 'request' | 'freeSpace'> & { audit: SiteAudit }, void> = {
  name: 'audit',
  title: ({ audit }) => `Read ${audit.files.length} files of ${audit.site.name} again`,
  run: async ({ host, secrets, request, freeSpace, audit }, shell) => {
    const { site, siteArchive, listed, files } = audit
    if (request.dryRun) return shell.note('info', `would read ${files.map(({ name }) => name).join(', ')}`)
    const facts = { host, secrets, site, siteArchive }
    const known = await knownIn(facts, listed, shell)
    const before = withKnown(listed, known, siteArchive)
    const hashes = await hashesOf(facts, audit, known, shell)
    const { news, suspect } = await compareHashes(facts, audit, withFiles(known, hashes), shell)
    const more = await readBack(
      facts,
      suspect.filter(name => hashes[name]?.wrong === undefined),
      { known: withFiles(known, hashes), listed },
      shell,
    )
    const all = { known, news: withFiles(withFiles(hashes, news), more.news), listed: more.listed, collection: listed }
    const after = await rememberFiles(facts, all, shell)
    const isNew = ({ text }: Damage): boolean => !before.damages?.some(damage => damage.text === text)
    const found = after.damages?.filter(isNew) ?? []
    for (const damage of found) shell.note('warning', `${damage.text}; ${meaningOf(after, damage)}`)
    if (found.length === 0 && after.damages?.length === before.damages?.length) return
    const { limits } = readLimits(host, site)
    const collection = withMarksOf(after, await readCollection(facts, shell))
    shell.tell(siteTelling({ ...facts, collection, limits, freeSpace }, shell.now()))
  },
}

/** The hashes of volumes that nobody wrote down, from their manifests, where either is to be read; and what is wrong with these. */
async function hashesOf(
  facts: LookNeeds,
  { listed, files }: SiteAudit,
  known: AuditedFiles,
  shell: Shell,
): Promise<AuditedFiles> {
  const chosen = new Set(files.map(({ name }) => name))
  const unknown = ({ name }: FileRef): boolean =>
    chosen.has(name) && known[name]?.sha1 === undefined && known[name]?.sha256 === undefined
  const sets = listed.chains.flatMap(setsOf).filter(({ volumes, manifest }) => [...volumes, manifest!].some(unknown))
  const parts: AuditedFiles[] = []
  const since = sets.length === 0 ? 0 : await encryptedSince(facts, shell)
  for (const set of sets) {
    const [manifest, names] = [set.manifest!, listed.files.map(({ name }) => name)]
    try {
      const volumes = await manifestOf(facts, set, known, shell)
      const hashes = volumesListed(manifest.name, volumes, names, filePrefixIn(facts.siteArchive.options))
      parts.push(
        hashes,
        wrongFiles(
          set.volumes.filter(each => unknown(each) && !hashes[each.name]),
          'is not in its manifest',
          shell,
        ),
      )
    } catch (error) {
      if (shell.stop.aborted) throw error
      await proveAgain(facts.siteArchive, shell)
      const isSealed = set.time < since || /no secret key/i.test(messageOf(error))
      if (!isSealed) parts.push(wrongFiles([manifest], `cannot be read: ${messageOf(error)}`, shell))
      else shell.note('warning', `the volumes of the ${nameOf(set)} cannot be proven: ${messageOf(error)}`)
    }
  }
  return Object.assign({}, ...parts)
}

const nameOf = (set: BackupSet): string => `${set.kind} set of ${printTime(set.time)}`

const wrongFiles = (files: readonly FileRef[], wrong: string, shell: Shell): AuditedFiles =>
  Object.fromEntries(files.map(({ name, modifiedAt }) => [name, { readAt: shell.now(), wrong, wrongSince: modifiedAt }]))

/** Hashes the files. Gives what is known of them then, and the manifests and signatures that are to be looked at closer. */
async function compareHashes(
  { siteArchive }: LookNeeds,
  { files, listed }: SiteAudit,
  known: AuditedFiles,
  shell: Shell,
): Promise<{ news: AuditedFiles; suspect: readonly string[] }> {
  const toHash = files.flatMap(({ name, bytes }): ToHash[] => {
    const { sha1, sha256 }: AuditedFile = known[name] ?? {}
    if (sha1 === undefined && sha256 === undefined) return []
    return [{ name, bytes, kind: sha1 === undefined ? 'sha256' : 'sha1' }]
  })
  const hashed = await hashFiles(siteArchive.folder!, toHash, shell)
  // that a share went away says more than that its files did
  if (hashed.some(({ hash }) => hash === undefined)) await proveAgain(siteArchive, shell)
  const refs = new Map(listed.files.map(file => [file.name, file]))
  const news = hashed.map(({ name, hash, said }): AuditedFiles => {
    const { sha1, sha256 } = known[name]!
    const wanted = sha1 ?? sha256
    if (hash === wanted) return { [name]: { readAt: shell.now(), wrong: undefined, wrongSince: undefined } }
    const kind = sha1 === undefined ? 'SHA256' : 'SHA1'
    const differs = `is not what was written: its ${kind} is ${hash}, wanted ${wanted}`
    return wrongFiles([refs.get(name)!], hash === undefined ? `cannot be read: ${said}` : differs, shell)
  })
  const all: AuditedFiles = Object.assign({}, ...news)
  const volumes = new Set(listed.chains.flatMap(setsOf).flatMap(set => set.volumes.map(({ name }) => name)))
  const isSuspect = (name: string): boolean => !volumes.has(name) && (all[name] === undefined || all[name].wrong !== undefined)
  return { news: all, suspect: files.map(({ name }) => name).filter(isSuspect) }
}
