import type { Auditable, AuditedFile, AuditedFiles } from '../../core/audit.ts'
import { type BackupSet, type Collection, type FileRef, setsOf } from '../../core/collection.ts'
import { printTime } from '../../core/restore-point.ts'
import { messageOf } from '../../core/wording.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Site } from '../../host/site.ts'
import { recheckArchive, type SiteArchive } from '../../store/archive.ts'
import { hashFiles, type ToHash } from '../../store/archive-reader.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { notKnownYet, volumesListed } from '../known-files.ts'
import { manifestOf, NoSecretKey } from './archive-dir.ts'
import { listArchive } from './collection.ts'
import { encryptedSince } from './encryption.ts'

export interface SiteAudit {
  readonly site: Site
  /** Its archive, listed with those of others that are read. */
  readonly listed: (shell: Shell) => Promise<SiteArchive>
  readonly files: readonly Auditable[]
}

type Listed = Pick<SiteAudit, 'files'> & { readonly listed: Collection }

/** The hashes of volumes that nobody wrote down, from their manifests; and what is wrong with these. */
export async function hashesOf(
  facts: LookNeeds,
  { listed, files }: Listed,
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
      const hashes = volumesListed(manifest.name, volumes, names)
      const unlisted = set.volumes.filter(each => unknown(each) && !hashes[each.name])
      parts.push(notKnownYet(hashes, known), wrongFiles(unlisted, 'is not in its manifest', shell))
    } catch (error) {
      if (shell.stop.aborted) throw error
      await recheckArchive(facts.siteArchive, shell)
      const isSealed = set.time < since || error instanceof NoSecretKey
      if (!isSealed) parts.push(wrongFiles([manifest], `cannot be read: ${messageOf(error)}`, shell))
      else shell.note('warning', `the volumes of the ${nameOf(set)} cannot be proven: ${messageOf(error)}`)
    }
  }
  return Object.assign({}, ...parts)
}

const nameOf = (set: BackupSet): string => `${set.kind} set of ${printTime(set.time)}`

const wrongFiles = (files: readonly FileRef[], wrong: string, shell: Shell): AuditedFiles =>
  Object.fromEntries(files.map(({ name, modifiedAt }) => [name, { readAt: shell.now(), wrong, wrongSince: modifiedAt }]))

/** Hashes the files. Gives what is known of them then, and the manifests and signatures to look at closer. */
export async function compareHashes(
  { siteArchive }: LookNeeds,
  { files, listed }: Listed,
  known: AuditedFiles,
  shell: Shell,
): Promise<{ news: AuditedFiles; suspect: readonly string[] }> {
  const toHash = files.flatMap(({ name, bytes }): ToHash[] => {
    const { sha1, sha256 }: AuditedFile = known[name] ?? {}
    if (sha1 === undefined && sha256 === undefined) return []
    return [{ name, bytes, kind: sha1 === undefined ? 'sha256' : 'sha1' }]
  })
  const hashed = await hashFiles(siteArchive.folder!, toHash, shell)
  // that a share went away says more than that its files did, and what was pruned since it was listed is not damaged
  const unread = hashed.some(({ hash }) => hash === undefined)
  const there = new Set((unread ? await listArchive(siteArchive, shell) : listed.files).map(({ name }) => name))
  const refs = new Map(listed.files.map(file => [file.name, file]))
  const present = hashed.filter(({ name }) => there.has(name))
  const news = present.map(({ name, hash, said }): AuditedFiles => {
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
  const names = files.map(({ name }) => name)
  return { news: all, suspect: names.filter(name => there.has(name) && isSuspect(name)) }
}
