import { delimiter, isAbsolute } from 'node:path'
import type { Secret } from '../core/secret.ts'

/** What commands inherit of this process's environment: nothing that could hold a secret. */
const INHERITED =
  /^(HOME|USER|LOGNAME|LANG|TZ|TMPDIR|GNUPGHOME|XDG_RUNTIME_DIR|SSH_AUTH_SOCK|DBUS_.*|LD_PRELOAD|FAKETIME.*|NO_FAKE_STAT)$/

/**
 * The whole environment of a command. Without SHLVL, a bash whose standard input is a socket, as Node's pipes are,
 * takes itself for one that was started over the network and reads ~/.bashrc (bash(1), Invocation).
 */
export function environment(extra: Readonly<Record<string, string | Secret>> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C.UTF-8', SHLVL: '1', PATH: searchPath().join(delimiter) }
  for (const [name, value] of Object.entries(process.env)) if (INHERITED.test(name)) env[name] = value
  for (const [name, value] of Object.entries(extra)) env[name] = typeof value === 'string' ? value : value.reveal()
  return env
}

/** Where a system has its programs, root's among them (login.defs(5), ENV_SUPATH): cron's PATH has only two of them. */
const SYSTEM = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/**
 * The folders in which programs are looked for: those of a PATH, then those of the system that it lacks. Relative ones
 * are left out, or a command in a site's folder could find the site's own programs (S41).
 */
export const searchPath = (path = process.env.PATH ?? ''): string[] => [
  ...new Set([...path.split(delimiter).filter(isAbsolute), ...SYSTEM]),
]
