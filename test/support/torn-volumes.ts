import { existsSync, readdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Chance } from './chance.ts'

/**
 * A power cut takes the ends of the newest volumes of an archive, or leaves zeros for them; not those of finished sets: what they lose, the audit finds. Gives what it did.
 * @param before what was there before the run
 */
export function tearVolumes(
  archive: string,
  before: ReadonlySet<string>,
  { encrypted, chance }: { readonly encrypted: boolean; readonly chance: Chance },
): string[] {
  if (!existsSync(archive)) return []
  const gpg = encrypted ? '.gpg' : ''
  const fresh = readdirSync(archive).filter(name => name.startsWith('duplicity-') && !before.has(name))
  const torn = fresh.filter(name => name.includes('.vol') && !fresh.includes(`${name.replace(/vol.*/, 'manifest')}${gpg}`))
  const newest = torn.map(name => ({ name, ...statSync(join(archive, name)) })).toSorted((a, b) => b.mtimeMs - a.mtimeMs)
  return newest.slice(0, 1 + chance(3)).map(({ name, size }) => {
    const path = join(archive, name)
    const kept = chance(3) === 0 ? 0 : chance(Math.max(size, 1))
    truncateSync(path, kept)
    if (chance(2) === 0) truncateSync(path, size)
    return `${name} torn at ${kept} of ${size}`
  })
}
