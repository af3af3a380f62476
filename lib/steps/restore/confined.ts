import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Puts a command into a view of the system in which it can write only to these folders: bubblewrap's, made of a mount namespace.
 * It dies with its parent.
 */
export function confined(words: readonly string[], writable: readonly string[]): string[] {
  const binds = [...gpgFolders(), ...writable].flatMap(folder => ['--bind-try', folder, folder])
  return [
    'bwrap',
    '--die-with-parent',
    '--ro-bind',
    '/',
    '/',
    '--dev-bind',
    '/dev',
    '/dev',
    '--proc',
    '/proc',
    ...binds,
    '--',
    ...words,
  ]
}

/** Where gpg keeps the keys and the socket of its agent, when it has no home of its own for the run. */
function gpgFolders(): string[] {
  return [process.env.GNUPGHOME ?? join(homedir(), '.gnupg'), `/run/user/${process.geteuid?.() ?? 0}`]
}
