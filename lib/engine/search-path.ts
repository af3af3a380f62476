import { delimiter, isAbsolute } from 'node:path'

/**
 * Where a system has its programs, root's among them (login.defs(5), ENV_SUPATH): cron's PATH has only two of these
 * folders.
 */
const SYSTEM = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/**
 * The folders in which programs are looked for: those of a PATH, then those of the system that it lacks. Folders that
 * are not absolute are left out, or a command that works in a site's folder could find the site's own programs (S41).
 */
export function searchPath(path = process.env.PATH ?? ''): string[] {
  return [...new Set([...path.split(delimiter).filter(isAbsolute), ...SYSTEM])]
}
