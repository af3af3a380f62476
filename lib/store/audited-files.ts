import { z } from 'zod'
import type { AuditedFiles } from '../core/audit.ts'
import type { Collection, FileRef } from '../core/collection.ts'
import type { SetRecord } from '../core/set-record.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { memoryOfSites } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { storedIn } from './record-lines.ts'
import { filesSealed } from './seals.ts'

const hash = z.string().regex(/^[0-9a-f]+$/)
const schema = z.record(
  z.string(),
  z.object({
    bytes: z.int().optional(),
    sha1: hash.optional(),
    sha256: hash.optional(),
    readAt: z.number().optional(),
    copy: z.string().optional(),
    wrong: z.string().optional(),
    wrongSince: z.number().optional(),
  }),
)

const isText = (found: unknown): boolean => typeof found === 'string'
const isHash = (found: unknown): boolean => typeof found === 'string' && /^[0-9a-f]+$/.test(found)
/** What the schema says of each field that is there. */
const FIELDS: ReadonlyMap<string, (found: unknown) => boolean> = new Map([
  ['bytes', Number.isSafeInteger],
  ['sha1', isHash],
  ['sha256', isHash],
  ['readAt', Number.isFinite],
  ['copy', isText],
  ['wrong', isText],
  ['wrongSince', Number.isFinite],
])

function fits(found: object): found is AuditedFiles {
  for (const file of Object.values(found)) {
    if (typeof file !== 'object' || file === null || Array.isArray(file)) return false
    for (const name in file) if (FIELDS.get(name)?.(file[name]) !== true) return false
  }
  return true
}

// of each site hundreds of files are looked through, in a tenth of the time; what is wrong with one, zod says
const memory = memoryOfSites<AuditedFiles>('archive-files', {
  safeParse: found => (fits(found as object) ? { success: true, data: found as AuditedFiles } : schema.safeParse(found)),
})

/** What this host remembers of the files of a site's archive. @throws when that is damaged, with the file */
export const readAuditedFiles = (host: Pick<Host, 'paths'>, site: string): AuditedFiles => memory.read(host, site) ?? {}

/** @throws when it cannot be written */
export const writeAuditedFiles = (host: Pick<Host, 'paths'>, site: string, files: AuditedFiles): void =>
  memory.write(host, site, files)

/** Forgets files that are about to be removed: what is left of a removal that is cut short is no damage. */
export function dropFromRecord(host: Pick<Host, 'paths'>, site: string, files: readonly FileRef[]): void {
  const names = new Set(files.map(({ name }) => name))
  const known = Object.entries(readAuditedFiles(host, site))
  const left = known.filter(([name]) => !names.has(name))
  if (left.length < known.length) writeAuditedFiles(host, site, Object.fromEntries(left))
}

/** Files of an archive, with more that is known of some of them. */
export function withFiles(files: AuditedFiles, news: AuditedFiles): AuditedFiles {
  return { ...files, ...Object.fromEntries(Object.entries(news).map(([name, file]) => [name, { ...files[name], ...file }])) }
}

/** What this host remembers of the files of an archive. A memory that is damaged is reported, and begun anew. */
export function filesKnownHere(host: Pick<Host, 'paths'>, site: string, shell: Pick<Shell, 'note'>): AuditedFiles {
  try {
    return readAuditedFiles(host, site)
  } catch (error) {
    shell.note('problem', messageOf(error))
    return {}
  }
}

/**
 * What is known of the files of an archive: what this host remembers; of files that it did not write, what it saw
 * sealed; and of others what stands beside the sets.
 */
export async function knownFiles(
  host: Pick<Host, 'paths'>,
  site: string,
  listed: Collection,
  readRecords: () => Promise<readonly SetRecord[]>,
  shell: Pick<Shell, 'note'>,
): Promise<AuditedFiles> {
  const own = filesKnownHere(host, site, shell)
  if (listed.files.every(({ name }) => Object.hasOwn(own, name))) return own
  return withFiles(withFiles(storedIn(await readRecords()), filesSealed(host, site)), own)
}
