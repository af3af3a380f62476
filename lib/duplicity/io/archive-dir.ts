import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { AuditedFiles } from '../../core/audit.ts'
import type { BackupSet } from '../../core/collection.ts'
import { CommandFailed } from '../../engine/process.ts'
import type { Shell } from '../../engine/shell.ts'
import { sandboxed } from '../../host/sandbox.ts'
import { makeGpgHome, makeScratch } from '../../host/scratch.ts'
import { makeFolder } from '../../host/whole-file.ts'
import { secretOf } from '../../inventory/secrets.ts'
import { type Keys, WITHOUT_KEYRING } from '../../store/archive-files.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { encryptWords } from '../args.ts'
import { volumesListed } from '../known-files.ts'
import { type ManifestVolume, parseManifest } from '../manifest.ts'
import { type DuplicityName, parseName } from '../names.ts'
import { targetOf } from './call.ts'

/** Seconds for reading one manifest of a large site over a slow line. */
const PATIENCE = 120

/** The volumes that a set's manifest lists, here or else in the archive. @throws when it cannot be read or decrypted */
export async function manifestOf(
  facts: LookNeeds,
  set: BackupSet,
  known: AuditedFiles,
  shell: Shell,
): Promise<readonly ManifestVolume[]> {
  const name = set.manifest!.name
  const copy = copyOf(facts, name, known)
  return parseManifest(copy === undefined ? await archived(facts, name, shell) : await readFile(copy, 'utf8'))
}

async function archived(facts: LookNeeds, name: string, shell: Shell): Promise<string> {
  const path = join(facts.siteArchive.folder!, name)
  const quiet = shell.with({ timeout: PATIENCE, onLine: () => {} })
  if (!name.endsWith('.gpg')) return await quiet.ask(String)`cat ${path}`
  const gpg = ['gpg', '--batch', '--pinentry-mode=loopback', '--passphrase-fd=0', '--status-fd=2', '--decrypt', path]
  return await withKeys(facts, shell, async ({ secret = '', places }) => {
    const view = { ...places, reads: [...(places.reads ?? []), path], capabilities: ['CAP_DAC_OVERRIDE'] } as const
    return await quiet.with({ input: secret, explain: gpgFailure }).ask(String)`${sandboxed(gpg, view)}`
  })
}

/** gpg has not the key for which something is encrypted. */
export class NoSecretKey extends Error {}

/** A failure of gpg in its words for people, told apart by those for programs (`--status-fd`). */
function gpgFailure(failure: CommandFailed): Error {
  const { exitCode, stdout, stderr, how, program } = failure
  const said = stderr.split('\n').findLast(line => /^gpg: /.test(line)) ?? ''
  const plain = new CommandFailed(program, how, { exitCode, stdout, stderr: said })
  return /^\[GNUPG:\] NO_SECKEY /m.test(stderr) ? new NoSecretKey(plain.message) : plain
}

/** Where duplicity keeps its copies of the manifests and signatures of a site's archive on this host. */
export const archiveDirOf = ({ host, site, siteArchive }: Omit<LookNeeds, 'secrets'>): string =>
  targetOf(host, site.name, siteArchive, 'backup').archiveDir

/** Does something with what this host needs to decrypt what it has in an archive, and to encrypt it again. */
export async function withKeys<Answer>(facts: LookNeeds, shell: Shell, work: (keys: Keys) => Promise<Answer>): Promise<Answer> {
  const { host, secrets, site, siteArchive } = facts
  const { encryption } = host
  const secret = encryption.kind === 'none' || encryption.secret === undefined ? undefined : secretOf(secrets, encryption.secret)
  const encrypt = encryptWords(targetOf(host, site.name, siteArchive, 'backup'))
  if (encryption.kind !== 'gpg') return await work({ secret, encrypt, places: WITHOUT_KEYRING })
  await using scratch = makeScratch(host)
  return await work({ secret, encrypt, places: await makeGpgHome(encryption, join(scratch.path, 'gnupg'), shell) })
}

/** This host's whole copy of a file; none that was made from the archive after the file was last known to be good. */
export function copyOf(facts: Omit<LookNeeds, 'secrets'>, name: string, known: AuditedFiles): string | undefined {
  const file = anyCopyOf(facts, name, known)
  const was = known[name]?.copy
  return file === undefined || (was !== undefined && was !== stampOf(file)) ? undefined : file
}

/** What tells a copy from one that takes its place later. */
export function stampOf(file: string): string {
  const { size, mtimeNs } = statSync(file, { bigint: true })
  return `${size} ${mtimeNs}`
}

/** A copy of whatever time: no placeholder, and no manifest that lists other volumes than were written. */
export function anyCopyOf(facts: Omit<LookNeeds, 'secrets'>, name: string, known: AuditedFiles): string | undefined {
  const archiveDir = archiveDirOf(facts)
  const file = join(archiveDir, copyName(name))
  if (!statSync(file, { throwIfNoEntry: false })?.isFile() || isPlaceholder(archiveDir, name)) return undefined
  if (parseName(name)?.role !== 'manifest') return file
  return listsWhatIsKnown(file, name, known) ? file : undefined
}

function listsWhatIsKnown(file: string, name: string, known: AuditedFiles): boolean {
  try {
    const listed = volumesListed(name, parseManifest(readFileSync(file, 'utf8')), Object.keys(known))
    return Object.entries(listed).every(([volume, { sha1 }]) => (known[volume]?.sha1 ?? sha1) === sha1)
  } catch {
    return false
  }
}

/** An empty manifest, and an empty tar archive of signatures, as they would be in duplicity's archive-dir. */
const PLACEHOLDERS = {
  manifest: Buffer.from('Hostname none\nLocaldir none\n'),
  signatures: gzipSync(Buffer.alloc(10_240)),
}

/**
 * Puts placeholders into an archive-dir for manifests and signatures that are unreadable or not needed: duplicity
 * fetches what is missing there before it does anything, and ends when that is damaged. What is there stays.
 */
export function putPlaceholders(archiveDir: string, names: readonly string[]): void {
  makeFolder(archiveDir)
  for (const name of names) {
    const file = join(archiveDir, copyName(name))
    if (!statSync(file, { throwIfNoEntry: false })) writeFileSync(file, placeholderFor(name), { mode: 0o600 })
  }
}

/** The same over copies that are there: one that was made from what is damaged ends duplicity like that itself. */
export function replaceCopies(archiveDir: string, names: readonly string[]): void {
  for (const name of names) rmSync(join(archiveDir, copyName(name)), { force: true })
  putPlaceholders(archiveDir, names)
}

function isPlaceholder(archiveDir: string, name: string): boolean {
  const [file, content] = [join(archiveDir, copyName(name)), placeholderFor(name)]
  return statSync(file, { throwIfNoEntry: false })?.size === content.length && readFileSync(file).equals(content)
}

const isSignatures = (name: string): boolean => /\.sigtar(\.gz|\.gpg)?$/.test(name)
const placeholderFor = (name: string): Buffer => (isSignatures(name) ? PLACEHOLDERS.signatures : PLACEHOLDERS.manifest)

/** The name of an archive's file in an archive-dir: there nothing is encrypted, and only signatures are compressed. */
export const copyName = (name: string): string => name.replace(/\.(gz|gpg)$/, '') + (isSignatures(name) ? '.gz' : '')

/** A `.part` file, or one that was packed and not sent: duplicity would take it for its copy of what is there. */
export const isLeftOver = ({ name, parts }: { readonly name: string; readonly parts: DuplicityName }): boolean =>
  parts.partial || name !== copyName(name)

/** What an archive-dir holds of sets whose backup was cut off. */
export async function leftOverIn(archiveDir: string): Promise<readonly string[]> {
  const names = await readdir(archiveDir).catch(() => []) // there was no backup yet
  return names.filter(name => {
    const parts = parseName(name)
    return parts !== undefined && isLeftOver({ name, parts })
  })
}
