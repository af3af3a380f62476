import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupSet } from '../core/collection.ts'
import type { AuditedFiles } from '../core/known-file.ts'
import { type ManifestVolume, parseManifest } from '../duplicity/manifest.ts'
import type { Shell } from '../engine/shell.ts'
import { makeGpgHome } from '../host/gpg-home.ts'
import { sandboxed } from '../host/sandbox.ts'
import { makeScratch } from '../host/scratch.ts'
import { secretOf } from '../inventory/secrets.ts'
import type { LookNeeds } from './collection.ts'
import { copyOf } from './metadata.ts'

/** Seconds for reading one manifest of a large site over a slow line. */
const PATIENCE = 120

/**
 * The volumes that a set's manifest lists: from this host's own copy, which is not encrypted, else from the archive.
 * @throws when there is none, or it cannot be read or decrypted
 */
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

async function archived({ host, secrets, siteArchive }: LookNeeds, name: string, shell: Shell): Promise<string> {
  const path = join(siteArchive.folder!, name)
  const quiet = shell.with({ timeout: PATIENCE, onLine: () => {} })
  if (!name.endsWith('.gpg')) return await quiet.ask(String)`cat ${path}`
  await using scratch = makeScratch(host)
  const home = await makeGpgHome(host.encryption, join(scratch.path, 'gnupg'), shell)
  const secret = host.encryption.kind === 'none' ? undefined : host.encryption.secret
  const input = secret === undefined ? '' : secretOf(secrets, secret)
  const gpg = ['gpg', '--batch', '--quiet', '--pinentry-mode=loopback', '--passphrase-fd=0', '--decrypt', path]
  const view = { ...home, reads: [...home.reads, path], capabilities: ['CAP_DAC_OVERRIDE'] } as const
  return await quiet.with({ input }).ask(String)`${sandboxed(gpg, view)}`
}
