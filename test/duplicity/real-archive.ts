import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { FileRef } from '../../lib/core/collection.ts'

const run = promisify(execFile)

/** The duplicity under test: the installed one, or another version's program. */
export const duplicityCommand = process.env.HOLDFAST_TEST_DUPLICITY ?? 'duplicity'

/** The major version of the duplicity under test: 0 for 0.8.22, 3 for 3.0.4. */
export async function duplicityMajor(): Promise<number> {
  const { stdout } = await run(duplicityCommand, ['--version'])
  return Number(/^duplicity (\d+)\./.exec(stdout)?.[1])
}

/** A source of chance that gives the same for the same seed (mulberry32): `chance(n)` is a whole number below n. */
export function chanceFrom(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** Runs duplicity at a simulated time (ms since the epoch) and returns what it wrote to its log descriptor. @throws when it fails. */
export async function duplicityAt(time: number, home: string, args: readonly string[]): Promise<string> {
  const stamp = new Date(time).toISOString().slice(0, 19).replace('T', ' ')
  const words = ['faketime', '-f', `@${stamp}`, duplicityCommand, ...args, '--log-fd=3']
  const env = { ...process.env, TZ: 'UTC', NO_FAKE_STAT: '1', HOME: home, GNUPGHOME: home, PASSPHRASE: 'only for a test' }
  const { stdout } = await run('sh', ['-c', '"$@" 3>&1 >/dev/null', 'sh', ...words], { env, maxBuffer: 2 ** 26 })
  return stdout
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

/** Makes some nights of backups in `home/archive`, with fulls, incrementals, nights without a change and sets of several volumes. */
export async function makeHistory(home: string, seed: number, options: readonly string[], nights: number): Promise<void> {
  const chance = chanceFrom(seed)
  await mkdir(join(home, 'site'), { recursive: true })
  await mkdir(join(home, 'archive'))
  for (let night = 0; night < nights; night++) {
    if (night === 0 || chance(4) > 0) await changeSite(join(home, 'site'), chance)
    const verb = chance(3) === 0 ? ['full'] : night === 0 ? ['full'] : ['incremental']
    const places = [join(home, 'site'), `file://${join(home, 'archive')}`, '--archive-dir', join(home, 'cache')]
    await duplicityAt(Date.UTC(2026, 0, 5 + night, 3), home, [...verb, ...places, '--volsize', '1', ...options])
  }
}

/** Now and then a change of some megabytes, which takes several volumes of 1 MB. */
async function changeSite(folder: string, chance: (below: number) => number): Promise<void> {
  const bytes = chance(3) === 0 ? 1_000_000 + chance(2_500_000) : chance(2000)
  await writeFile(join(folder, `file${chance(5)}`), randomBytes(bytes))
}
