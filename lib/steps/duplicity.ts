import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cannotWrite } from '../core/disk-trouble.ts'
import type { Secret } from '../core/secret.ts'
import type { Cipher, Target } from '../duplicity/args.ts'
import type { Shell } from '../engine/shell.ts'
import { processStart } from '../host/process-start.ts'
import { makeFolder, removeFile, removeQuietly } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import type { Secrets } from '../inventory/secrets.ts'
import { secretOf } from '../inventory/secrets.ts'
import type { SiteArchive } from './check-mount.ts'
import { duplicityEnding } from './duplicity-ending.ts'
import { gpgHome } from './gpg.ts'

/** What a call is for. Backups and restores of one archive keep apart what they remember of it. */
export type Purpose = 'backup' | 'restore'

const cacheOf = (host: Host): string => join(host.paths.cache, 'duplicity')

/** What every duplicity call for one site's archive has in common. */
export function targetOf(host: Host, site: string, archive: SiteArchive, purpose: Purpose): Target {
  const name = `${encodeURIComponent(site)}.${purpose}`
  const cache = cacheOf(host)
  const { program, compression, retries } = host.duplicity
  return {
    program,
    url: archive.url,
    name,
    cache,
    logFile: join(cache, `${name}.log`),
    cipher: cipherOf(host),
    compression,
    retries,
    options: archive.options,
  }
}

function cipherOf({ encryption }: Host): Cipher {
  if (encryption.kind === 'passphrase') return { kind: 'passphrase', stretched: !encryption.generated }
  return encryption.kind === 'gpg' ? { kind: 'gpg', key: encryption.key } : { kind: 'none' }
}

/**
 * A shell that runs duplicity: secrets in its environment, and a failure as a named error (S40).
 * It must run one call at a time for one target, since the call's log file is the target's.
 * @throws when the cache cannot be written
 */
export function duplicityShell(shell: Shell, host: Host, secrets: Secrets, target: Target): Shell {
  removeScratch(host)
  try {
    makeFolder(target.cache)
    removeFile(target.logFile)
    makeFolder(scratchFolder(target))
  } catch (error) {
    throw cannotWrite(`${target.cache} of this host`, error)
  }
  const names = host.archive.kind === 'url' ? host.archive.env : []
  const own: Record<string, Secret> = Object.fromEntries(names.map(name => [name, secretOf(secrets, name)]))
  return shell.with({
    env: { ...gpgHome(host), TMPDIR: scratchFolder(target), ...own, ...passphraseOf(host, secrets) },
    ...duplicityEnding(host, target, placesOf(target)),
  })
}

/** Where a call writes on this host. */
const placesOf = ({ name, cache }: Target): string[] =>
  name.endsWith('.restore' satisfies `.${Purpose}`) ? [cache, 'the folder that it restores into'] : [cache]

/**
 * Where the duplicity calls of this process keep volumes that they make or read, unencrypted: in the cache, since `/tmp` may be small and open to
 * others, and what a killed call leaves there must be found again.
 */
const scratchFolder = (target: Target): string => join(target.cache, 'tmp', String(process.pid))

/** Removes what the calls of processes that are no more left. */
export function removeScratch(host: Host): void {
  const folder = join(cacheOf(host), 'tmp')
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return // there was no call yet
  }
  for (const name of names.filter(each => Number(each) !== process.pid && processStart(Number(each)) === undefined))
    removeQuietly(join(folder, name))
}

/** A key without a passphrase has an empty one: duplicity would ask the terminal for one that is not in its environment. */
function passphraseOf({ encryption }: Host, secrets: Secrets): Record<string, string | Secret> {
  if (encryption.kind === 'none') return {}
  return { PASSPHRASE: encryption.secret === undefined ? '' : secretOf(secrets, encryption.secret) }
}
