import type { FileRef } from '../core/collection.ts'
import { parseName } from './names.ts'

/** Duplicity's files that are dated after a time (ms since the epoch), by their names. */
export function datedAfter<File extends Pick<FileRef, 'name'>>(
  files: readonly File[],
  time: number,
  prefix: string,
): readonly File[] {
  return files.filter(({ name }) => (parseName(name, prefix)?.time ?? Number.NEGATIVE_INFINITY) > time)
}
