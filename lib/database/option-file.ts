import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseAccess } from '../core/database-access.ts'
import { cannotWrite, diskTrouble } from '../core/disk-trouble.ts'
import { processStart } from '../host/process-start.ts'
import { makeFolder, removeQuietly } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { clientOptions, optionFile } from './option-text.ts'

/** The option file of an account that may create databases, as the inventory names it; without one, root over the socket, whom the server knows by the socket. */
export function adminOptions(host: Host): string[] {
  const { adminOptionFile, socket } = host.database
  return [
    adminOptionFile === undefined ? '--no-defaults' : `--defaults-file=${adminOptionFile}`,
    ...(socket === undefined ? [] : [`--socket=${socket}`]),
  ]
}

/** Where such files may lie: in memory; else in the cache, without which there is no backup anyway. */
const foldersOf = ({ paths }: Host): string[] => [join(paths.run, 'clients'), join(paths.cache, 'clients')]

/**
 * Does something while a file of mode 600 holds a site's database account: how a password reaches a client without a command line (S40).
 * @param work is given the option that names the file; it must be a client's first
 */
export async function withOptionFile<Result>(
  host: Host,
  access: DatabaseAccess,
  work: (option: string) => Promise<Result>,
): Promise<Result> {
  removeClientFiles(host)
  const file = writeSomewhere(foldersOf(host), optionFile('client', clientOptions(access, host.database.socket)))
  try {
    return await work(`--defaults-file=${file}`)
  } finally {
    removeQuietly(file)
  }
}

/** Writes it into the first folder that takes it, and gives its path. @throws what was wrong with the first, when none does */
function writeSomewhere([folder, ...others]: readonly string[], text: string): string {
  const file = join(folder!, `${markOf(process.pid)}-${randomBytes(6).toString('hex')}.cnf`)
  try {
    makeFolder(folder!)
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
    return file
  } catch (error) {
    removeQuietly(file)
    if (diskTrouble(error) === undefined) throw error
    try {
      if (others.length > 0) return writeSomewhere(others, text)
    } catch {
      // what was wrong with the first says it
    }
    throw cannotWrite(file, error)
  }
}

/** How the files of a process begin: its id is used again, also after a reboot, which a file in the cache outlives. */
const markOf = (pid: number): string => `${pid}-${processStart(pid)?.replace(' ', '-')}`

/** A process that was killed could not remove its files: the next one does. */
export function removeClientFiles(host: Host): void {
  for (const folder of foldersOf(host).filter(existsSync))
    for (const name of readdirSync(folder)) {
      const pid = Number.parseInt(name, 10)
      if (Number.isNaN(pid) || !name.startsWith(`${markOf(pid)}-`)) removeQuietly(join(folder, name))
    }
}
