import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cannotWrite } from '../core/disk-trouble.ts'
import type { Host } from '../inventory/schema.ts'
import { processStart } from './process-start.ts'
import { makeFolder, removeQuietly } from './whole-file.ts'

/** A folder that only its owner can enter, and that goes, with all that is in it, when it is disposed of. */
export interface Scratch extends AsyncDisposable {
  readonly path: string
}

/** Duplicity's part of the cache. */
const cacheOf = (host: Host): string => join(host.paths.cache, 'duplicity')

let made = 0

/**
 * Makes a folder for what one command writes and nobody keeps.
 * @param cache where: in the cache when nothing else is said, since `/tmp` may be small and open to others, and what a
 * killed run leaves there, volumes that are not encrypted and keys among it, must be found again
 * @throws when it cannot be written, with its path
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

/** Removes what the commands of processes that are no more left, and the homes of gpg that earlier versions kept. */
export function removeScratch(host: Host): void {
  for (const folder of [host.paths.cache, host.paths.state]) removeQuietly(join(folder, 'gnupg'))
  const folder = join(cacheOf(host), 'tmp')
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return // there was none yet
  }
  const isOurs = (pid: number): boolean => pid === process.pid || processStart(pid) !== undefined
  for (const name of names.filter(each => !isOurs(Number.parseInt(each, 10)))) removeQuietly(join(folder, name))
}
