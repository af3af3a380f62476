import { join } from 'node:path'
import { z } from 'zod'
import type { DatabaseAccess } from '../core/database-access.ts'
import { FOLDER, type SiteLook } from '../core/local-changes.ts'
import { isSameDump, openDump } from '../database/opened-dump.ts'
import { COMPANION } from '../host/companion.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext } from '../host/site.ts'
import { memoryOfSites } from '../host/state.ts'
import { lookAtDatabase } from './database-look.ts'

/** Whether a dump in a restored tree is the one beside the live site. */
export async function hasSameDump(tree: string, live: string, name: string): Promise<boolean> {
  using mine = openDump(tree, name)
  using theirs = openDump(live, name)
  return mine !== undefined && theirs !== undefined && (await isSameDump(mine, theirs))
}

const sums = z.record(z.string(), z.string())
/** How a replica looked when it was put in place: whatever differs later was changed since. */
const fingerprint: z.ZodType<SiteLook> = z.object({
  /** Size, time of the last change of the inode, and the inode; of a folder what no new file in it changes. */
  files: sums,
  tables: sums,
  rows: z.record(z.string(), sums).default({}), // an older version knew whole tables only
})
export type Fingerprint = SiteLook
const memory = memoryOfSites('fingerprints', fingerprint)

export async function takeFingerprint(
  context: HostContext,
  folder: string,
  databases: readonly DatabaseAccess[],
): Promise<Fingerprint> {
  let found = { tables: {}, rows: {} }
  for (const access of databases) {
    const { tables, rows } = await lookAtDatabase(context, access)
    found = { tables: { ...found.tables, ...tables }, rows: { ...found.rows, ...rows } }
  }
  return { files: await filesIn(context, folder), ...found }
}

/** Whether a fingerprint is of this database too. */
export const isIn = ({ tables, rows }: Fingerprint, { database }: DatabaseAccess): boolean =>
  [...Object.keys(tables), ...Object.keys(rows)].some(name => name.startsWith(`${database}.`))

/** The fingerprint of the last replay; undefined when there was none, or it cannot be read. */
export function readFingerprint({ host }: HostContext, site: string): Fingerprint | undefined {
  try {
    return memory.read(host, site)
  } catch {
    return undefined
  }
}

/** @throws when it cannot be written, with its path; the one before it stays then */
export const writeFingerprint = ({ host }: HostContext, site: string, taken: Fingerprint): void => memory.write(host, site, taken)

export const removeFingerprint = ({ host }: HostContext, site: string): void => memory.remove(host, site)

const LOOK = ['(', '-type', 'd', '-printf', `%m %U:%G${FOLDER} %P\\0`, ')', '-o', '-printf', '%s %C@ %i %P\\0']

/** The sizes of the files in it, by path, in bytes. */
export const sizesIn = ({ files }: Fingerprint): Record<string, number> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, sum]) => (sum.endsWith(FOLDER) ? [] : [[path, Number(sum.split(' ')[0])]])),
  )

/** The inode's time sees what a set-back modification time hides. A folder's own changes with what is made in it. */
async function filesIn({ shell }: HostContext, folder: string): Promise<Record<string, string>> {
  const quiet = shell.with({ onLine: () => {} })
  const find = ['find', folder, '-mindepth', '1', '-path', join(folder, COMPANION), '-prune', '-o', ...LOOK]
  const output = await quiet.ask(String)`${sandboxed(find, { reads: [folder], capabilities: ['CAP_DAC_OVERRIDE'] })}`
  const lines = output.split('\0').filter(line => line !== '')
  return Object.fromEntries(lines.map(line => [line.split(' ').slice(3).join(' '), line.split(' ', 3).join(' ')]))
}
