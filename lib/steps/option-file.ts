import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Host } from '../inventory/schema.ts'
import type { DatabaseAccess } from '../wordpress/config.ts'
import { clientOptions, optionFile } from '../wordpress/option-file.ts'
import { processStart } from './process-start.ts'

let count = 0

/** The option file of an account that may create databases, as the inventory names it; without one, root over the socket, whom the server knows by the socket. */
export function adminOptions(host: Host): string[] {
  const { adminOptionFile, socket } = host.database
  return [
    adminOptionFile === undefined ? '--no-defaults' : `--defaults-file=${adminOptionFile}`,
    ...(socket === undefined ? [] : [`--socket=${socket}`]),
  ]
}

/**
 * Does something while a file of mode 600 holds a site's database account: how a password reaches a client without a command line (S40).
 * @param work is given the option that names the file; it must be a client's first
 */
export async function withOptionFile<Result>(
  host: Host,
  access: DatabaseAccess,
  work: (option: string) => Promise<Result>,
): Promise<Result> {
  const folder = join(host.paths.run, 'clients')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  removeClientFiles(host)
  const file = join(folder, `${process.pid}-${count++}.cnf`)
  writeFileSync(file, optionFile('client', clientOptions(access, host.database.socket)), { mode: 0o600, flag: 'wx' })
  try {
    return await work(`--defaults-file=${file}`)
  } finally {
    rmSync(file, { force: true })
  }
}

/** A process that was killed could not remove its files: the next one does. */
export function removeClientFiles(host: Host): void {
  const folder = join(host.paths.run, 'clients')
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const pid = Number.parseInt(name, 10)
    if (pid !== process.pid && processStart(pid) === undefined) rmSync(join(folder, name), { force: true })
  }
}
