import { closeSync, fsyncSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { EMPTY_JOURNAL, type Journal, type Transaction } from '../core/restore-journal.ts'
import { cannotWrite } from '../core/wording.ts'
import { memoryOfSites } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'

/** The folder beside the sites in which restores are prepared: on their file system, hidden, and root's alone. */
export const workFolder = (host: Host): string => join(host.vhosts, '.holdfast')

/** A folder there that keeps what somebody wrote on a site: what it is, and the time behind it. */
export const CHANGES_FOLDER = /^(changes|late-writes)-(\d{4}-\d\d-\d\dT\d{6}Z)(-\d+)?$/

/** Whether that is the name of such a folder. */
export const isChangesFolder = (name: string): boolean => CHANGES_FOLDER.test(name)

const identity = z.string().nullable()
const maybe = <Value>(schema: z.ZodType<Value>) => schema.optional().transform(value => value)
/** An older version knew one database of a restore. */
const ofOlder = (value: unknown): unknown => {
  const { database, ...rest } = Object(value) as { database?: unknown }
  return { databases: database === undefined ? [] : [database], ...rest }
}
const transaction: z.ZodType<Transaction> = z.preprocess(
  ofOlder,
  z.object({
    id: z.string(),
    site: z.string(),
    task: z.enum(['recover', 'replica', 'undo', 'configuration']),
    phase: z.enum(['preparing', 'swapping', 'kept']),
    startedAt: z.number(),
    point: maybe(z.number()),
    holdings: z.array(z.string()),
    exchanges: z.array(z.object({ live: z.string(), held: z.string(), liveWas: identity, heldWas: identity })),
    databases: z.array(
      z.object({
        live: z.string(),
        held: z.string(),
        marker: z.string(),
        liveDefinitions: z.string(),
        heldDefinitions: z.string(),
        tables: maybe(z.array(z.string())),
        madeLive: z.boolean(),
      }),
    ),
    scratch: z.object({ databases: z.array(z.string()), accounts: z.array(z.string()) }),
    tidied: z.boolean(),
    safety: maybe(z.string()),
  }),
)

const journals: z.ZodType<Journal> = z.object({ pending: maybe(transaction), kept: z.array(transaction) })
const memory = memoryOfSites('restores', journals)

/** A site's journal. @throws when the file is damaged: it is the only trace of what is held where */
export const readJournal = (host: Host, site: string): Journal => memory.read(host, site) ?? EMPTY_JOURNAL

/** Writes a site's journal to the disk itself, whole or not at all, before anything that it speaks of is done. */
export function writeJournal(host: Host, site: string, journal: Journal): void {
  if (journal.pending === undefined && journal.kept.length === 0) {
    memory.remove(host, site)
    return
  }
  memory.write(host, site, journal)
  const file = memory.fileOf(host, site)
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

/** The restore that is under way. */
export function pendingOf(host: Host, site: string): Transaction {
  const { pending } = readJournal(host, site)
  if (!pending) throw new Error(`${site}: no restore is under way`)
  return pending
}
