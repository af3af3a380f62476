import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import type { DatabaseAccess } from '../core/database-access.ts'
import type { SiteLook } from '../core/local-changes.ts'
import { FOLDER, fingerprintsIn, type TreeLines } from '../core/tree-lines.ts'
import { COMPANION } from '../host/companion.ts'
import type { HostContext } from '../host/site.ts'
import { memoryOfSites } from '../host/state.ts'
import { lookAtTree } from '../host/tree-look.ts'
import { lookAtDatabase, type SumsAsMade } from './database-look.ts'

/** There are thousands of them, which `z.record` looks at in milliseconds. */
const sums = z.custom<Readonly<Record<string, string>>>(
  value => typeof value === 'object' && value !== null && Object.values(value).every(each => typeof each === 'string'),
)
/** What is asked of a database. */
type Asked = Pick<DatabaseAccess, 'database' | 'tablePrefix'>

/** How a replica looked when it was put in place: whatever differs later was changed since. */
export interface Fingerprint extends SiteLook {
  /** The databases of its configuration; absent in one of an older version. */
  readonly databases?: readonly Asked[] | undefined
  readonly asMade?: SumsAsMade | undefined
}

const fingerprint: z.ZodType<Fingerprint> = z.object({
  /** Size, time of the last change of the inode, and the inode; of a folder what no new file in it changes. */
  files: sums,
  tables: sums,
  rows: z.record(z.string(), sums).default({}), // an older version knew whole tables only
  databases: z.array(z.object({ database: z.string(), tablePrefix: z.string() })).optional(),
  asked: z.object({ from: z.number(), to: z.number() }).optional(),
  asMade: sums.optional(),
})
const memory = memoryOfSites('fingerprints', fingerprint)

/** @param known gives how the files are, where that need not be looked for: it is asked while a database answers */
export async function takeFingerprint(
  context: HostContext,
  folder: string,
  databases: readonly Asked[],
  known?: () => Fingerprint['files'],
): Promise<Fingerprint> {
  const asked = databases.map(({ database, tablePrefix }) => ({ database, tablePrefix }))
  const [found, files] = await Promise.all([lookAtAll(context, databases), known && setImmediate().then(known)])
  return { files: files ?? filesIn(await lookAtTree(folder, context.shell)), ...found, databases: asked }
}

async function lookAtAll(context: HostContext, databases: readonly Asked[]): Promise<Pick<SiteLook, 'tables' | 'rows'>> {
  let found = { tables: {}, rows: {} }
  for (const access of databases) {
    const { tables, rows } = await lookAtDatabase(context, access)
    found = { tables: { ...found.tables, ...tables }, rows: { ...found.rows, ...rows } }
  }
  return found
}

/** The inode's time sees what a set-back modification time hides. A folder's own changes with what is made in it. */
export const filesIn = (lines: TreeLines): Fingerprint['files'] => fingerprintsIn(lines, COMPANION)

/** Whether a fingerprint is of this database too. */
export const isIn = ({ tables, rows }: Fingerprint, { database }: Asked): boolean =>
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

/** The sizes of the files in it, by path, in bytes. */
export const sizesIn = ({ files }: Pick<Fingerprint, 'files'>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([path, sum]) => (sum.endsWith(FOLDER) ? [] : [[path, Number(sum.split(' ')[0])]])),
  )
