import type { OpenedFile } from '../host/opened-file.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { COMPANION } from './companion.ts'
import { DUMP } from './db-dump.ts'

/**
 * Opens the database dump in a site's folder, or in a tree that was restored; undefined where there is none, or something else than a file or a folder stands in its place.
 * What is told of it and what is then read is the same file, whatever its owner puts there meanwhile.
 */
export function openDump(folder: string): OpenedFile | undefined {
  using opened = OpenedFolder.openIfThere(folder)
  using companion = opened?.plainFolder(COMPANION)
  return companion?.plainFile(DUMP)
}
