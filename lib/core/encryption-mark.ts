/**
 * With what the sets of an archive are encrypted, from a time on (ms since the epoch). It is worthless to who reads it.
 */
export type EncryptionMark = { readonly since: number } & Encryption

export type Encryption =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly fingerprint: string }
  /** A slow hash of the passphrase (scrypt); `cost` is its N. Salt and hash in hex. */
  | { readonly kind: 'passphrase'; readonly salt: string; readonly hash: string; readonly cost: number }

/** The mark that holds for a chain that was begun at a time. Before the first mark it is that one. */
export function markAt(marks: readonly EncryptionMark[], time: number): EncryptionMark | undefined {
  return marks.findLast(({ since }) => since <= time) ?? marks[0]
}

/** Whether two names are of one key: a fingerprint, or the end of it. */
export function isSameKey(one: string, other: string): boolean {
  const [a, b] = [one.toUpperCase(), other.toUpperCase()]
  return a.endsWith(b) || b.endsWith(a)
}
