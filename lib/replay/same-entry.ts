import { type Entry, type Found, textOf } from './entries.ts'

/** A path as people read it. */
export const shown = (path: string): string => (path === '' ? 'the folder itself' : textOf(path))

/** @throws when something is not what it should be, or a file was changed since: a change leaves its time */
export function assertIs(path: string, is: Found | undefined, wanted: Entry | Found): void {
  if (is === undefined || !isSame(is, wanted))
    throw new Error(`${shown(path)} is ${is ? described(is) : 'not there'}, wanted ${described(wanted)}`)
  if ('inode' in wanted && is.kind !== 'folder' && (is.inode !== wanted.inode || is.changedNs !== wanted.changedNs))
    throw new Error(`${shown(path)} was changed meanwhile`)
}

/** Whether all is the same that counts: neither the mode nor the time of a link, which duplicity does not restore. */
export const isSame = (one: Entry, other: Entry): boolean =>
  one.kind === other.kind &&
  one.uid === other.uid &&
  one.gid === other.gid &&
  (one.kind === 'link' ? one.target === other.target : one.mode === other.mode && one.modified === other.modified) &&
  (one.kind !== 'file' || one.size === other.size)

function described({ kind, mode, uid, gid, modified, size, target }: Entry): string {
  const owner = `of ${uid}:${gid}`
  if (kind === 'link') return `a link ${owner} to ${shown(target)}`
  return `a ${kind} ${owner}, mode ${mode.toString(8)}, of ${modified}${kind === 'file' ? `, with ${size} bytes` : ''}`
}

/** Milliseconds in which a file system may give a later change the same time. */
const TICK = 20

/** Waits until a change of any of these files would have another time than it has. */
export function awaitNextTime(found: ReadonlyMap<string, Found>): void {
  const times = [...found.values()].map(({ kind, changedNs }) => (kind === 'folder' ? 0 : Number(changedNs / 1_000_000n)))
  const newest = times.reduce((one, other) => Math.max(one, other), 0)
  const left = Math.min(TICK, newest + TICK - Date.now())
  if (left > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, left)
}
