import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold } from '../engine/step.ts'
import { makeFolder, removeQuietly } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import type { Needs } from './facts.ts'

/**
 * The folder of keys and agent that gpg uses. A passphrase needs no keys: it gets a home of its own, apart from the person's. It is in the cache, without which
 * duplicity can do nothing either: gpg cannot work where it can write no lock, and a full disk of the state alone must keep no backup from being made.
 */
export function gpgHome({ encryption, paths }: Host): Record<string, string> {
  return encryption.kind === 'passphrase' ? { GNUPGHOME: join(paths.cache, 'gnupg') } : {}
}

/** gpg starts an agent that stays: it is ended with the run, unless it was there before. */
export const gpgAgent: Hold<Needs<'host'>, { agentWasRunning: boolean }> = {
  name: 'gpg-agent',
  title: ({ host }) => (host.encryption.kind === 'none' ? 'gpg (no encryption)' : 'gpg'),
  up: async ({ host }, shell) => {
    if (host.encryption.kind === 'none') return { agentWasRunning: true }
    const env = gpgHome(host)
    if (env.GNUPGHOME) makeFolder(env.GNUPGHOME)
    // where earlier versions had it
    const old = join(host.paths.state, 'gnupg')
    if (env.GNUPGHOME && existsSync(old)) await shell.act(`remove ${old}`, () => removeQuietly(old))
    return { agentWasRunning: host.encryption.kind === 'gpg' && (await isRunning(shell.with({ env }))) }
  },
  down: async ({ host, agentWasRunning }, shell) => {
    if (agentWasRunning !== false) return
    await shell.quick.with({ env: gpgHome(host) }).act`gpgconf --kill gpg-agent`
  },
}

async function isRunning(shell: Shell): Promise<boolean> {
  try {
    return await shell.quick
      .with({ onLine: () => {} })
      .ask(output => output.length > 0)`gpg-connect-agent --no-autostart ${'GETINFO pid'} /bye`
  } catch (error) {
    if (error instanceof CommandFailed) return false
    throw error
  }
}
