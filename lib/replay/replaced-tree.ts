import { closeSync, constants, fchmodSync, fchownSync, fstatSync, openSync, statSync } from 'node:fs'
import { digestOf, entriesIn, type Found, linesOf } from './entries.ts'

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants

/** What is known of a tree that a replica's refresh has replaced and kept. */
export interface Replaced {
  /** Of its lines, as they were when it was live. */
  readonly digest: string
  /** The paths in which it may differ from what replaced it, whatever they look like. */
  readonly changed: readonly string[]
}

/**
 * Takes over such a tree, in the working directory, to be made the next one. A process of the site may be at work in it
 * still, by a folder that it holds open: each folder becomes root's alone before it is read, so that nobody else looks
 * anything up in it. What is written in an open file leaves its time.
 * @throws when it is not what it was
 */
export function takeOver(digest: string): Map<string, Found> {
  const { dev } = statSync('.', { bigint: true })
  const found = entriesIn('.', (place, { inode }) => {
    const folder = openSync(place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try {
      const stat = fstatSync(folder, { bigint: true })
      if (stat.dev !== dev || stat.ino !== inode) throw new Error('something else has taken the place of a folder in it')
      fchownSync(folder, 0, 0)
      fchmodSync(folder, 0o700)
    } finally {
      closeSync(folder)
    }
  })
  if (digestOf(linesOf(found)) !== digest) throw new Error('it was changed since it was replaced')
  return found
}
