import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { ownFolder } from './host.ts'

/** A person's home of gpg. */
export interface GpgPerson {
  readonly home: string
  readonly gpg: (program: string, ...words: string[]) => string
}

/** Makes an empty home of gpg whose keys open quickly; its agent ends with the tests. */
export function gpgPerson(): GpgPerson {
  const home = join(ownFolder('gpg'), 'home')
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'gpg-agent.conf'), 's2k-count 65536\n')
  const gpg: GpgPerson['gpg'] = (program, ...words) =>
    execFileSync(program, words, { env: { ...process.env, GNUPGHOME: home }, encoding: 'utf8', stdio: 'pipe' })
  after(() => void gpg('gpgconf', '--kill', 'gpg-agent'))
  return { home, gpg }
}

/** Makes a key in it, older than simulated nights; gives its fingerprint. */
export function makeKey({ gpg }: GpgPerson, phrase = ''): string {
  const loopback = ['--batch', '--pinentry-mode=loopback', '--passphrase', phrase]
  gpg(
    'gpg',
    ...loopback,
    '--faked-system-time',
    '20200101T000000!',
    '--quick-generate-key',
    'archive',
    'future-default',
    'default',
    'never',
  )
  return /^fpr:+([0-9A-F]{40}):/m.exec(gpg('gpg', '--list-keys', '--with-colons'))![1]!
}
