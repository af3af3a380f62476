import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/** The live tree is not what the last replay made it. */
export class ChangedTree extends Error {
  override readonly message = 'files were changed here since the last replay'
}

/** Opens a file of the live tree, whose owner may put anything else there: no link is followed, no pipe waited for. */
export function openLive(path: Buffer | string): number {
  let file: number | undefined
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    if (fstatSync(file).isFile()) return file
  } catch {}
  if (file !== undefined) closeSync(file)
  throw new ChangedTree()
}

const PIECE = Buffer.allocUnsafe(1 << 20)

/** The bytes of a file, which has so many; each piece until the next one is read. */
export function* bytesOf(file: number, size: number): Generator<Buffer> {
  for (let left = size; left > 0; ) {
    const read = readSync(file, PIECE, 0, Math.min(left, PIECE.length), null)
    if (read === 0) throw new ChangedTree()
    yield PIECE.subarray(0, read)
    left -= read
  }
}
