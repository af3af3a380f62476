import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupSet } from '../core/collection.ts'
import { type ManifestVolume, parseManifest } from '../duplicity/manifest.ts'
import type { Shell } from '../engine/shell.ts'
import { secretOf } from '../inventory/secrets.ts'
import type { LookNeeds } from './collection.ts'
import { targetOf } from './duplicity.ts'
import { gpgHome } from './gpg.ts'

/** Seconds for reading one manifest of a large site over a slow line. */
const PATIENCE = 120

/**
 * The volumes that a set's manifest lists: from this host's own copy, which is not encrypted, else from the archive.
 * @throws when there is none, or it cannot be read or decrypted
 */
export async function manifestOf(facts: LookNeeds, set: BackupSet, shell: Shell): Promise<readonly ManifestVolume[]> {
  const { host, site, siteArchive } = facts
  const name = set.manifest!.name
  const { cache, name: folder } = targetOf(host, site.name, siteArchive, 'backup')
  const own = await readFile(join(cache, folder, name.replace(/\.(gpg|gz)$/, '')), 'utf8').catch(() => undefined)
  return parseManifest(own ?? (await archived(facts, name, shell)))
}

async function archived({ host, secrets, siteArchive }: LookNeeds, name: string, shell: Shell): Promise<string> {
  const path = join(siteArchive.folder!, name)
  const quiet = shell.with({ timeout: PATIENCE, onLine: () => {}, env: gpgHome(host) })
  if (!name.endsWith('.gpg')) return await quiet.ask(String)`cat ${path}`
  const secret = host.encryption.kind === 'none' ? undefined : host.encryption.secret
  const input = secret === undefined ? '' : secretOf(secrets, secret)
  return await quiet.with({ input }).ask(String)`gpg --batch --quiet --pinentry-mode=loopback --passphrase-fd=0 --decrypt ${path}`
}
