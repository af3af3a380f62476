import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { DatabaseAccess } from '../core/database-access.ts'
import { type Admin, adminOf } from '../database/admin.ts'
import { contentsOf } from '../database/contents.ts'
import { readDefinitions } from '../database/definitions.ts'
import { isSameDump, openDump } from '../database/opened-dump.ts'
import { quoteName, quoteText } from '../database/sql.ts'
import { COMPANION } from '../host/companion.ts'
import { sandboxed } from '../host/sandbox.ts'
import type { HostContext } from '../host/site.ts'
import { memoryOfSites } from '../host/state.ts'

/** Whether a dump in a restored tree is the one beside the live site. */
export async function hasSameDump(tree: string, live: string, name: string): Promise<boolean> {
  using mine = openDump(tree, name)
  using theirs = openDump(live, name)
  return mine !== undefined && theirs !== undefined && (await isSameDump(mine, theirs))
}

const sums = z.record(z.string(), z.string())
/** How a replica looked when it was put in place: whatever differs later, somebody changed. */
const fingerprint = z.object({
  /** By path: size, time of the last change of the inode, and the inode. */
  files: sums,
  /** By name: the checksum of a table, or of the text of a view, trigger, routine or event (`trigger on_insert`). */
  tables: sums,
})
export type Fingerprint = Readonly<z.infer<typeof fingerprint>>
const memory = memoryOfSites('fingerprints', fingerprint)

export async function takeFingerprint(
  context: HostContext,
  folder: string,
  databases: readonly DatabaseAccess[],
): Promise<Fingerprint> {
  let tables = {}
  for (const access of databases)
    tables = { ...tables, ...(await tablesOf(context, access)), ...(await definitionsOf(context, access)) }
  return { files: await filesIn(context, folder), tables }
}

/** Whether a fingerprint is of this database too. */
export const isIn = ({ tables }: Fingerprint, { database }: DatabaseAccess): boolean =>
  Object.keys(tables).some(name => name.startsWith(`${database}.`))

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

/** The inode's time sees what a set-back modification time hides. The folder's own changes with its name: left out. */
async function filesIn({ shell }: HostContext, folder: string): Promise<Record<string, string>> {
  const quiet = shell.with({ onLine: () => {} })
  const find = ['find', folder, '-mindepth', '1', '-path', join(folder, COMPANION), '-prune', '-o', '-printf', '%s %C@ %i %P\\0']
  const output = await quiet.ask(String)`${sandboxed(find, { reads: [folder], capabilities: ['CAP_DAC_OVERRIDE'] })}`
  const lines = output.split('\0').filter(line => line !== '')
  return Object.fromEntries(lines.map(line => [line.split(' ').slice(3).join(' '), line.split(' ', 3).join(' ')]))
}

async function definitionsOf({ host, shell }: HostContext, { database }: DatabaseAccess): Promise<Record<string, string>> {
  const definitions = await readDefinitions(adminOf({ host, shell }), database)
  const sum = (text: string): string => createHash('sha1').update(text).digest('hex')
  return Object.fromEntries(definitions.map(one => [`${one.kind} ${database}.${one.name}`, sum(JSON.stringify(one))]))
}

/**
 * Options that WordPress itself writes while it is merely visited: caches, locks, due tasks, what it knows of its host.
 */
const VOLATILE_OPTIONS = [
  'auto_core_update_notified',
  'auto_updater.lock',
  'can_compress_scripts',
  'core_updater.lock',
  'cron',
  'doing_cron',
  'https_detection_errors',
  'recently_edited',
  'recovery_keys',
  'rewrite_rules',
]

const VOLATILE = [
  ...['\\_transient\\_%', '\\_site\\_transient\\_%', '%\\_children'].map(pattern => `option_name LIKE '${pattern}'`),
  `option_name IN (${VOLATILE_OPTIONS.map(quoteText).join(', ')})`,
].join(' OR ')

async function tablesOf({ host, shell }: HostContext, access: DatabaseAccess): Promise<Record<string, string>> {
  const admin = adminOf({ host, shell })
  const options = `${access.tablePrefix}options`
  const tables = (await contentsOf(admin, access.database))?.table ?? []
  const hasOptions = tables.includes(options) && (await hasOptionRows(admin, access.database, options))
  const plain = tables.filter(table => table !== options || !hasOptions)
  const inDatabase = (table: string): string => `${quoteName(access.database)}.${quoteName(table)}`
  const sums = plain.length === 0 ? [] : await admin.rows(`CHECKSUM TABLE ${plain.map(inDatabase).join(', ')};`)
  const found = Object.fromEntries(sums)
  const rows = `SELECT MD5(CONCAT_WS('\\n', option_name, option_value)) AS row_sum FROM ${inDatabase(options)} WHERE NOT (${VOLATILE})`
  if (!hasOptions) return found
  const ofOptions = (await admin.rows(`SELECT row_sum FROM (${rows}) AS sums ORDER BY 1;`)).map(([sum]) => `${sum}\n`)
  return { ...found, [`${access.database}.${options}`]: createHash('sha1').update(ofOptions.join('')).digest('hex') }
}

/** Whether a table has WordPress's columns of options: a site may call any table so. */
async function hasOptionRows(admin: Admin, database: string, table: string): Promise<boolean> {
  const columns = `table_schema = ${quoteText(database)} AND table_name = ${quoteText(table)} AND column_name IN ('option_name', 'option_value')`
  return (await admin.ask<number>(`SELECT COUNT(*) FROM information_schema.columns WHERE ${columns};`)) === 2
}

/** What differs, by name: paths and tables that were changed, added or removed. */
export function differences(was: Fingerprint, is: Fingerprint): { readonly files: string[]; readonly tables: string[] } {
  return { files: changed(was.files, is.files), tables: changed(was.tables, is.tables) }
}

function changed(was: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(was), ...Object.keys(is)])
  return [...names].filter(name => was[name] !== is[name]).toSorted()
}
