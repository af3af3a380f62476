import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FileRole, parseName } from '../../lib/duplicity/names.ts'
import type { Chance } from './chance.ts'

/** What can become of a file that nobody looks at: one bit, its end, a stretch of zeros, all of its content, itself, or its place with another of its kind. */
export const HARMS = ['bit', 'cut', 'zeros', 'emptied', 'missing', 'swapped'] as const
export type Harm = (typeof HARMS)[number]

/** What was done to an archive. */
export interface Damage {
  readonly harm: Harm
  readonly role: FileRole
  /** The files that are not what they were: two where they were swapped. */
  readonly files: readonly string[]
  /** For the message of a test that fails, such as `bit 3 of byte 1000 of duplicity-full.….vol1.difftar.gpg`. */
  readonly text: string
}

/** What may be damaged: everything when nothing is said. */
export interface Among {
  readonly harms?: readonly Harm[]
  readonly roles?: readonly FileRole[]
  /** Files whose names fit, such as `/^duplicity-inc/`. */
  readonly names?: RegExp
}

const ROLES: readonly FileRole[] = ['volume', 'manifest', 'signatures']

/**
 * Damages one file (or swaps two) of an archive's folder at random, and tells what it did. First the role is drawn, then a file of it, then the harm, so that manifests are hit as
 * often as the many volumes. The same chance over the same names and sizes does the same again:
 *
 * ```ts
 * const putBack = keepArchive(archive) // crafted-set.ts
 * for (let seed = 1; seed <= count; seed++) {
 *   putBack()
 *   const { text } = damageArchive(archive, chanceFrom(seed)) // or with { roles: ['manifest'], harms: ['bit'] }
 *   …
 * }
 * ```
 * @throws when nothing there fits
 */
export function damageArchive(
  archive: string,
  chance: Chance,
  { harms = HARMS, roles = ROLES, names = /./ }: Among = {},
): Damage {
  const pick = <Item>(list: readonly Item[]): Item => list[chance(list.length)]!
  const files = readdirSync(archive)
    .toSorted()
    .flatMap(name => {
      const role = parseName(name)?.role
      return role !== undefined && roles.includes(role) && names.test(name) ? [{ name, role }] : []
    })
  if (files.length === 0) throw new Error(`nothing to damage in ${archive}: ${readdirSync(archive).join(', ')}`)
  const role = pick(roles.filter(each => files.some(file => file.role === each)))
  const alike = files.filter(file => file.role === role).map(({ name }) => name)
  const name = pick(alike)
  const others = alike.filter(other => other !== name)
  const possible = harms.filter(harm => (harm !== 'swapped' || others.length > 0) && canHarm(harm, join(archive, name)))
  if (possible.length === 0) throw new Error(`${name} cannot be damaged by ${harms.join(', ')}`)
  const harm = pick(possible)
  if (harm === 'swapped') {
    const other = pick(others)
    swapFiles(join(archive, name), join(archive, other))
    return { harm, role, files: [name, other], text: `${name} swapped with ${other}` }
  }
  return { harm, role, files: [name], text: `${damageFile(join(archive, name), harm, chance)} ${name}` }
}

/** Whether the harm would change the file at all. */
const canHarm = (harm: Harm, file: string): boolean => harm === 'missing' || lstatSync(file).size > 0

/** Damages one file, which is not empty. Gives what it did, to be read before the file's name. */
export function damageFile(file: string, harm: Exclude<Harm, 'swapped'>, chance: Chance): string {
  const bytes = readFileSync(file)
  const at = chance(bytes.length)
  switch (harm) {
    case 'bit': {
      const bit = chance(8)
      bytes[at]! ^= 1 << bit
      writeFileSync(file, bytes)
      return `bit ${bit} of byte ${at} of`
    }
    case 'cut':
      truncateSync(file, at)
      return `the first ${at} of ${bytes.length} bytes of`
    case 'zeros': {
      // what a power cut leaves of blocks that were not yet written, seldom the whole rest
      const end = chance(3) === 0 ? bytes.length : Math.min(bytes.length, at + 1 + chance(4096))
      const isZero = bytes.subarray(at, end).every(byte => byte === 0)
      bytes.fill(isZero ? 0xff : 0, at, end)
      writeFileSync(file, bytes)
      return `${isZero ? 'ones' : 'zeros'} from byte ${at} to ${end} of`
    }
    case 'emptied':
      truncateSync(file, 0)
      return 'nothing is left of'
    case 'missing':
      rmSync(file)
      return 'missing:'
  }
}

/** Exchanges two files of a folder, each with its own times. */
export function swapFiles(one: string, other: string): void {
  const beside = `${one}.swapping`
  renameSync(one, beside)
  renameSync(other, one)
  renameSync(beside, other)
}
