import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { readSecrets } from '../inventory/secrets.ts'

/** What became of the passphrase. It is never part of any text here. */
export interface PassphraseState {
  readonly made: boolean
  /** It is 64 hex digits, as setup makes them: gpg need not stretch it. */
  readonly generated: boolean
}

/**
 * Sees to a passphrase in `.env`: one that is there stays as it is; else one of 256 random bits is added, in a file of
 * mode 600.
 * @param name of its variable
 * @throws {BadInput} when others can read the file
 */
export function ensurePassphrase(file: string, name: string): PassphraseState {
  const present = readSecrets(file).get(name)?.reveal()
  if (present) return { made: false, generated: /^[0-9a-f]{64}$/.test(present) }
  mkdirSync(dirname(file), { recursive: true })
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const gap = before === '' || before.endsWith('\n') ? '' : '\n'
  appendFileSync(file, `${gap}${name}=${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
  return { made: true, generated: true }
}
