import { randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Secret } from '../core/secret.ts'
import { isoTime, linesOf, valuesIn } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { type Secrets, secretOf } from '../inventory/secrets.ts'
import { unlessUnusable } from './share-failure.ts'
import type { ShareFiles } from './share-files.ts'

/** The file beside a site's sets that tells with what they are encrypted. */
export const MARKS = '.holdfast-encryption'
export const MOST_OF_MARKS = 100_000

/**
 * N of scrypt, with blocks of 8: 64 MB and a quarter of a second, once a night for sites of one passphrase. One of 256
 * random bits cannot be guessed, however fast its hash is.
 */
const COST = { chosen: 2 ** 16, generated: 2 ** 4 }
/** Whoever can write to the share must not make it take all memory. */
const MOST_COST = 2 ** 17
const BLOCKS = 8

/** Salt and hash, in hex. */
const hex = z.string().regex(/^[0-9a-f]{32,64}$/)
const markSchema = z.discriminatedUnion('kind', [
  z.object({ since: isoTime, kind: z.literal('none') }),
  z.object({ since: isoTime, kind: z.literal('key'), fingerprint: z.string().regex(/^[0-9A-F]{8,40}$/) }),
  /** A slow hash of the passphrase (scrypt); `cost` is its N. */
  z.object({ since: isoTime, kind: z.literal('passphrase'), salt: hex, hash: hex, cost: z.int().min(2).max(MOST_COST) }),
])

/** With what an archive's sets are encrypted, from a time on (ms since the epoch). Worthless to who reads it. */
export type EncryptionMark = z.infer<typeof markSchema>
type Without<Mark> = Mark extends unknown ? Omit<Mark, 'since'> : never
type Encryption = Without<EncryptionMark>

/** What is written beside an archive's sets, oldest first; nothing where the file is missing or damaged. */
export const readMarks = async (files: ShareFiles): Promise<readonly EncryptionMark[]> =>
  marksIn((await files.text(MARKS, MOST_OF_MARKS).catch(unlessUnusable)) ?? '')

/** The marks in such a text. Lines that are damaged are passed over. */
export const marksIn = (text: string): readonly EncryptionMark[] =>
  valuesIn(text, markSchema).toSorted((a, b) => a.since - b.since)

export async function writeMarks(files: ShareFiles, marks: readonly EncryptionMark[]): Promise<void> {
  await files.write(MARKS, linesOf(marks.map(mark => ({ ...mark, since: new Date(mark.since).toISOString() }))))
}

/** Whether a mark is of what a host encrypts with. */
export async function isEncryptionOf(mark: Encryption, host: Pick<Host, 'encryption'>, secrets: Secrets): Promise<boolean> {
  const { encryption } = host
  if (encryption.kind === 'none') return mark.kind === 'none'
  if (encryption.kind === 'gpg') return mark.kind === 'key' && isSameKey(mark.fingerprint, encryption.key)
  if (mark.kind !== 'passphrase') return false
  const secret = secretOf(secrets, encryption.secret)
  const isSame = (await hashOf(secret, mark)) === mark.hash
  if (isSame) proven.set(secret, mark)
  return isSame
}

/** What a host encrypts with, for a new mark. Archives of one passphrase may have the same: it is made once. */
export async function encryptionOf({ encryption }: Pick<Host, 'encryption'>, secrets: Secrets): Promise<Encryption> {
  if (encryption.kind === 'none') return { kind: 'none' }
  if (encryption.kind === 'gpg') return { kind: 'key', fingerprint: encryption.key.toUpperCase() }
  const secret = secretOf(secrets, encryption.secret)
  const cost = costOf(encryption)
  const known = proven.get(secret)
  const { salt } = known?.cost === cost ? known : { salt: randomBytes(16).toString('hex') }
  const mark = { kind: 'passphrase' as const, salt, cost, hash: await hashOf(secret, { salt, cost }) }
  proven.set(secret, mark)
  return mark
}

const costOf = ({ generated }: { readonly generated: boolean }): number => (generated ? COST.generated : COST.chosen)

/** Whether the mark of a generated passphrase is hashed as slowly as that of one that a person chose. */
export const isSlow = (mark: Encryption, { encryption }: Pick<Host, 'encryption'>): boolean =>
  mark.kind === 'passphrase' && encryption.kind === 'passphrase' && mark.cost > costOf(encryption)

type Hashing = { readonly salt: string; readonly cost: number }
/** What a passphrase was last found to be, and its hashes: slow to come by, and the same for all sites. */
const proven = new WeakMap<Secret, Hashing>()
const hashes = new WeakMap<Secret, Map<string, Promise<string>>>()

function hashOf(secret: Secret, { salt, cost }: Hashing): Promise<string> {
  const known = hashes.get(secret) ?? new Map<string, Promise<string>>()
  hashes.set(secret, known)
  const key = `${salt} ${cost}`
  const hash = known.get(key) ?? slowHash(secret, { salt, cost })
  known.set(key, hash)
  return hash
}

async function slowHash(secret: Secret, { salt, cost }: Hashing): Promise<string> {
  const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)
  const options = { N: cost, r: BLOCKS, p: 1, maxmem: 160 * 1024 * cost }
  const derived = await derive(secret.reveal(), Buffer.from(salt, 'hex'), 32, options)
  return derived.toString('hex')
}

/** The mark that holds for a chain that was begun at a time. Before the first mark it is that one. */
export const markAt = (marks: readonly EncryptionMark[], time: number): EncryptionMark | undefined =>
  marks.findLast(({ since }) => since <= time) ?? marks[0]

/** Whether two names are of one key: a fingerprint, or the end of it. */
export function isSameKey(one: string, other: string): boolean {
  const [a, b] = [one.toUpperCase(), other.toUpperCase()]
  return a.endsWith(b) || b.endsWith(a)
}
