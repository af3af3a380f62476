import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { FileRef } from '../../lib/core/collection.ts'
import { chanceFrom } from '../support/chance.ts'
import type { DuplicityServer } from '../support/duplicity-server.ts'

const run = promisify(execFile)

const environment = (home: string) => ({ ...process.env, TZ: 'UTC', HOME: home, GNUPGHOME: home, PASSPHRASE: 'only for a test' })

/** Runs duplicity at a simulated time (ms since the epoch). @throws when it fails. */
export async function duplicityAt(server: DuplicityServer, time: number, home: string, args: readonly string[]): Promise<void> {
  await server.setClock(time)
  await run(server.program, [...args], { env: environment(home), maxBuffer: 2 ** 26 })
}

/** The same, killed as soon as a first volume is in the archive, as a power cut would. */
async function killedAt(server: DuplicityServer, time: number, home: string, args: readonly string[]): Promise<void> {
  await server.setClock(time)
  const volumes = async () => (await readdir(join(home, 'archive'))).filter(name => name.includes('.vol')).length
  const before = await volumes()
  const child = spawn(server.program, [...args], { env: environment(home), stdio: 'ignore' })
  const ended = once(child, 'exit')
  while (child.exitCode === null && (await volumes()) <= before) await wait(3)
  child.kill('SIGKILL')
  await ended
}

/** Ends the gpg agent that duplicity started in this home. */
export async function endAgent(home: string): Promise<void> {
  await run('gpgconf', ['--kill', 'gpg-agent'], { env: { ...process.env, GNUPGHOME: home } })
}

/** The files of a folder with their sizes. */
export async function listFolder(folder: string): Promise<FileRef[]> {
  const names = await readdir(folder)
  return await Promise.all(names.map(async name => ({ name, bytes: (await stat(join(folder, name))).size })))
}

/**
 * Makes some nights of backups in `home/archive`, with fulls, incrementals, nights without a change, sets of several volumes, and runs that were killed: some of those are
 * resumed, some left for another host to find. Every third history is calm: small changes, no kills, so that there is something to strip.
 */
export async function makeHistory(
  server: DuplicityServer,
  home: string,
  seed: number,
  options: readonly string[],
  nights: number,
) {
  const [chance, calm] = [chanceFrom(seed), seed % 3 === 0]
  await mkdir(join(home, 'site'), { recursive: true, mode: 0o700 })
  await mkdir(join(home, 'archive'))
  for (let night = 0; night < nights; night++) {
    const time = Date.UTC(2026, 0, 5 + night, 3)
    if (night === 0 || chance(4) > 0) await changeSite(join(home, 'site'), chance, time, calm)
    const verb = chance(3) === 0 || night === 0 ? 'full' : 'incremental'
    const places = [join(home, 'site'), `file://${join(home, 'archive')}`, '--archive-dir', join(home, 'cache')]
    const words = [verb, ...places, '--volsize', '1', ...options]
    if (!calm && night > 0 && chance(5) === 0) {
      await writeFile(join(home, 'site', 'large'), randomBytes(2_500_000))
      await utimes(join(home, 'site', 'large'), time / 1000, time / 1000)
      await killedAt(server, time, home, words)
      if (chance(2) === 0) await rm(join(home, 'cache'), { recursive: true })
    } else await duplicityAt(server, time, home, words)
  }
}

/** Now and then a change of some megabytes, which takes several volumes of 1 MB. */
async function changeSite(folder: string, chance: (below: number) => number, time: number, calm: boolean) {
  const bytes = !calm && chance(3) === 0 ? 1_000_000 + chance(1_500_000) : chance(2000)
  const file = join(folder, `file${chance(5)}`)
  await writeFile(file, randomBytes(bytes))
  await utimes(file, time / 1000, time / 1000)
}
