import { existsSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cannotWrite } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Encryption, Host } from '../inventory/schema.ts'
import type { Place, Sandbox } from './sandbox.ts'
import { makeFolder, removeOfDead } from './whole-file.ts'

/** A folder that only its owner can enter, and that goes, with all that is in it, when it is disposed of. */
export interface Scratch extends AsyncDisposable {
  readonly path: string
}

const cacheOf = (host: Host): string => join(host.paths.cache, 'duplicity')

let made = 0

/**
 * Makes a folder for what one command writes and nobody keeps. Not in `/tmp`, which may be small and open to others:
 * what a killed run leaves, plain volumes and keys among it, must be found again.
 */
export function makeScratch(host: Host, cache = cacheOf(host)): Scratch {
  removeScratch(host)
  const path = join(cache, 'tmp', `${process.pid}.${++made}`)
  try {
    makeFolder(path)
  } catch (error) {
    throw cannotWrite(`${cache} of this host`, error)
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }).catch(() => {}) }
}

/** Removes what the commands of processes that are no more left. */
export const removeScratch = (host: Host): void => removeOfDead(join(cacheOf(host), 'tmp'), /^(\d+)\./)

export type GpgHome = Required<Pick<Sandbox, 'reads' | 'writes' | 'env'>>

/** What gpg, its agent and both of them read at their start: who can write one commands the next that starts. */
const CONFIGURATION = ['gpg.conf', 'gpg-agent.conf', 'common.conf']

/** Where a command in a sandbox finds its home of gpg: the path of a socket in it has 107 bytes at most. */
const HOME = '/tmp/gnupg'

/**
 * A home of gpg for one command in a sandbox: empty where a passphrase encrypts, else with the inventory's key, the
 * public part as a keyring of its own and the secret part, where it is there, as the person's file. Its configuration
 * cannot be changed, and an agent that gpg starts in it ends with the sandbox.
 */
export async function makeGpgHome(encryption: Encryption, folder: string, shell: Shell): Promise<GpgHome> {
  if (encryption.kind === 'none') return { reads: [], writes: [], env: {} }
  makeFolder(folder)
  for (const name of CONFIGURATION) writeFileSync(join(folder, name), '')
  const keys = encryption.kind === 'gpg' ? await bringKey(encryption.key, folder, shell) : []
  const configuration = CONFIGURATION.map(name => ({ from: join(folder, name), to: join(HOME, name) }))
  return { reads: [...configuration, ...keys], writes: [{ from: folder, to: HOME }], env: { GNUPGHOME: HOME } }
}

/** Brings a key from the home of whoever runs this. Where there is none, gpg says so when it is to use it. */
async function bringKey(key: string, folder: string, shell: Shell): Promise<Place[]> {
  const quick = shell.quick.with({ onLine: () => {} })
  const gpg = ['gpg', '--batch', '--quiet', '--no-auto-check-trustdb']
  await quick.ask(String)`${gpg} --output ${join(folder, 'pubring.gpg')} --export ${key}`
  const grips = await quick.ask(keygripsIn)`${gpg} --with-colons --with-keygrip --list-keys ${key}`
  const home = process.env.GNUPGHOME ?? join(homedir(), '.gnupg')
  return grips
    .map(grip => join('private-keys-v1.d', `${grip}.key`))
    .filter(name => existsSync(join(home, name)))
    .map(name => ({ from: join(home, name), to: join(HOME, name) }))
}

const keygripsIn = (text: string): string[] => [...text.matchAll(/^grp:+([0-9A-F]+):/gm)].map(([, grip]) => grip!)
