import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cannotWrite } from '../../core/disk-trouble.ts'
import { EMPTY_JOURNAL, type Journal, type Transaction } from '../../core/restore-journal.ts'
import { removeFile, writeWhole } from '../../host/whole-file.ts'
import type { Host } from '../../inventory/schema.ts'

/** The folder beside the sites in which restores are prepared: on their file system, hidden, and root's alone. */
export const workFolder = (host: Host): string => join(host.vhosts, '.holdfast')

const fileOf = (host: Host, site: string): string => join(host.paths.state, 'restores', `${encodeURIComponent(site)}.json`)

/** A site's journal; an empty one where there is none. @throws when the file is damaged: it is the only trace of what is held where */
export function readJournal(host: Host, site: string): Journal {
  const file = fileOf(host, site)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Journal
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY_JOURNAL
    throw new Error(`${file} cannot be read: ${(error as Error).message}`)
  }
}

/** Writes a site's journal to the disk itself, whole or not at all, before anything that it speaks of is done. @throws when it cannot be written, with its path */
export function writeJournal(host: Host, site: string, journal: Journal): void {
  const file = fileOf(host, site)
  if (journal.pending === undefined && journal.kept.length === 0) {
    removeFile(file)
    return
  }
  writeWhole(file, `${JSON.stringify(journal, undefined, 2)}\n`)
  try {
    syncFolder(dirname(file))
  } catch (error) {
    throw cannotWrite(file, error)
  }
}

/** Makes a rename in a folder last through a power cut. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

/** Changes the pending restore in the journal and gives it. */
export function updatePending(host: Host, pending: Transaction): Transaction {
  writeJournal(host, pending.site, { ...readJournal(host, pending.site), pending })
  return pending
}
