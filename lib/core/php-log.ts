/** How far a log was read: the file by its inode, which another has once it is rotated, and the bytes of it. */
export interface LogPlace {
  readonly inode: number
  readonly bytes: number
}

/** The part of a log that was not read before, from a byte on: all of a new file, at most the last so many bytes. */
export function unreadFrom(before: LogPlace, now: LogPlace, most: number): number {
  const isSame = before.inode === now.inode && before.bytes <= now.bytes
  return Math.max(isSame ? before.bytes : 0, now.bytes - most)
}

/**
 * How many fatal errors PHP wrote into a log.
 * @param folder where the log is of a whole host: only errors in this folder are the site's
 */
export function fatalErrorsIn(text: string, folder?: string): number {
  const isFatal = /\bPHP (?:Fatal|Parse) error: /
  return text.split('\n').filter(line => isFatal.test(line) && (folder === undefined || line.includes(` ${folder}/`))).length
}
