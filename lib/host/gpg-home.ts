import { existsSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Shell } from '../engine/shell.ts'
import type { Encryption } from '../inventory/schema.ts'
import type { Place, Sandbox } from './sandbox.ts'
import { makeFolder } from './whole-file.ts'

/** What a sandbox needs for a home of gpg. */
export type GpgHome = Required<Pick<Sandbox, 'reads' | 'writes' | 'env'>>

/** What gpg, its agent and both of them read at their start: who can write one commands the next that starts. */
const CONFIGURATION = ['gpg.conf', 'gpg-agent.conf', 'common.conf']

/** Where a command in a sandbox finds its home of gpg: the path of a socket in it has 107 bytes at most. */
const HOME = '/tmp/gnupg'

/**
 * A home of gpg for one command in a sandbox: empty where a passphrase encrypts, else with the inventory's key from the
 * person's own home, the public part as a keyring of its own and the secret part, where it is there, as the person's
 * file. Its configuration cannot be changed. An agent that gpg starts in it ends with the sandbox.
 * @param folder where it is made; it goes with whatever is around it
 * @returns what the sandbox needs for it
 * @throws when it cannot be written
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
