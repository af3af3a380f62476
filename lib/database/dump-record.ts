import { z } from 'zod'
import { messageOf } from '../core/wording.ts'
import type { HostContext } from '../host/site.ts'
import { memoryOfSites } from '../host/state.ts'

const digits = z.string().regex(/^\d+$/)
const table = z.object({
  /** Undefined where the server has not summed them up yet, as after a dump of all. */
  rows: z.object({ count: digits, sum: digits }).optional(),
  /** Its SHOW CREATE TABLE, hashed. */ definition: z.string(),
  /** The same of its columns. */ columns: z.string(),
})
export type KnownTable = z.output<typeof table>

const leftOut = z.object({ kind: z.enum(['view', 'foreign key']), name: z.string(), why: z.string() })

/** What this host remembers of a dump that it made, so that the next one need not write what has not changed. */
const record = z.object({
  /** The version of the server, of the dump program and of this form. */
  made: z.string(),
  database: z.string(),
  /** The boot since which the files were written: a power cut can have lost what was not on the disk yet. */
  boot: z.string(),
  /** When all of it was dumped anew last. */
  wholeAt: z.number(),
  /** The secret with which its rows are hashed. */
  key: z.string().regex(/^[0-9a-f]{32}$/),
  /** Of each file: what no user but root can give to another one. */
  files: z.record(z.string(), z.string()),
  tables: z.record(z.string(), table),
  /** How its views are defined, hashed. */
  views: z.string(),
  /** What an import would leave out of its tables, and bytes of their longest statement. */
  doubts: z.object({ longest: z.number(), leftOut: z.array(leftOut).readonly() }),
})
export type DumpRecord = z.output<typeof record>

/** Of the dumps of a site by their names: it can have several databases. */
const memory = memoryOfSites('dumps', z.record(z.string(), record))

/** Seconds after which all of a database is dumped anew, whatever has changed. */
const LONGEST = 30 * 86_400

/** What is known now, to be compared with what is remembered. */
export type Now = Pick<DumpRecord, 'made' | 'database' | 'boot' | 'files'> & { readonly now: number }

/** Why a record says nothing of the dump that is there; undefined where it does. */
export function whyUnknown(record: DumpRecord | undefined, { now, ...here }: Now): string | undefined {
  if (record === undefined) return 'nothing is remembered of it'
  if (record.made !== here.made) return 'another version made it'
  if (record.database !== here.database) return 'it is of another database'
  if (record.boot !== here.boot) return 'this machine was started since'
  if (!(record.wholeAt <= now && now - record.wholeAt < LONGEST * 1000)) return 'it was not dumped whole for long'
  const names = new Set([...Object.keys(record.files), ...Object.keys(here.files)])
  const other = [...names].find(name => record.files[name] !== here.files[name])
  return other === undefined ? undefined : `${other} is not the file that was written`
}

/** What is remembered of a dump; undefined where there is nothing, or nothing that could be read. */
export function readDumpRecord(
  { host, shell }: Pick<HostContext, 'host' | 'shell'>,
  site: string,
  name: string,
): DumpRecord | undefined {
  try {
    return memory.read(host, site)?.[name]
  } catch (error) {
    shell.note('info', `all of ${name} is dumped anew: ${messageOf(error)}`)
    return undefined
  }
}

/** @param made undefined for a dump of which nothing is to be remembered */
export function writeDumpRecord(
  { host }: Pick<HostContext, 'host'>,
  site: string,
  name: string,
  made: DumpRecord | undefined,
): void {
  const all = readAll(host, site)
  const { [name]: _, ...others } = all
  memory.write(host, site, made === undefined ? others : { ...others, [name]: made })
}

function readAll(host: HostContext['host'], site: string): Record<string, DumpRecord> {
  try {
    return memory.read(host, site) ?? {}
  } catch {
    return {}
  }
}
