import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import { removeFile, writeWhole } from './whole-file.ts'

/** A file of what this host remembers between runs, under its state folder: `archives`, `sites/NAME`. */
export const stateFile = (host: Pick<Host, 'paths'>, name: string): string => join(host.paths.state, `${name}.json`)

/** The form of what this version writes. What has none was written before there were versions, in the same form. */
const VERSION = 1

/** A time in ISO 8601, UTC, as files have it; in ms since the epoch as it is used. */
export const isoTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  .transform(text => Date.parse(text))
  .refine(Number.isFinite)

/** What lines of JSON hold, one a line. Damaged ones are passed over: each stands for itself. */
export function valuesIn<Value>(text: string, schema: { readonly parse: (found: unknown) => Value }): Value[] {
  return text.split('\n').flatMap(line => {
    try {
      return [schema.parse(JSON.parse(line))]
    } catch {
      return []
    }
  })
}

/** A text that {@link valuesIn} reads. */
export const linesOf = (values: readonly object[]): string => values.map(value => `${JSON.stringify(value)}\n`).join('')

/** Files that were read last, with what they held: a run asks for the same few again and again. */
const recent = new Map<string, { readonly mark: string; readonly schema: unknown; readonly value: unknown }>()
/** So many of them: some of each site that is worked on, and those of the host. */
const RECENT = 40

/** What tells whether a value is as it should be: a schema of zod, or what does a part of its work faster. */
export interface Checks<Value> extends Pick<z.ZodType<Value>, 'safeParse'> {
  /** The one field that is wanted: a file without it is not parsed. In a text of a file its quotes are escaped. */
  readonly field?: string
  /** How a value begins that has no such field: it is read no further. */
  readonly without?: object
}

/** @throws when the file cannot be read or does not fit its schema: it is never ignored */
export function readState<Value>(host: Pick<Host, 'paths'>, name: string, schema: Checks<Value>): Value | undefined {
  const file = stateFile(host, name)
  const mark = markOf(file)
  if (mark === undefined) return undefined
  const known = recent.get(file)
  const isKnown = known?.mark === mark && known.schema === schema
  const value = isKnown ? (known.value as Value | undefined) : readChecked(file, schema)
  recent.delete(file)
  if (recent.size >= RECENT) recent.delete(recent.keys().next().value!)
  recent.set(file, { mark, schema, value })
  return value
}

function readChecked<Value>(file: string, schema: Checks<Value>): Value | undefined {
  const { field, without } = schema
  if (without && beginsWith(file, without)) return undefined
  const bytes = readFileSync(file)
  const isWanted = field === undefined || bytes.includes(`"${field}"`)
  return isWanted ? parseChecked(file, bytes.toString(), schema) : undefined
}

/** Whether the first fields of what {@link writeState} wrote are these. */
function beginsWith(file: string, fields: object): boolean {
  const head = Buffer.from(textOfState(fields).slice(0, -'\n}\n'.length))
  const descriptor = openSync(file, 'r')
  try {
    const found = Buffer.alloc(head.length)
    readSync(descriptor, found, 0, head.length, 0)
    return found.equals(head)
  } finally {
    closeSync(descriptor)
  }
}

/** What tells a file from what it was before; undefined where there is none. */
function markOf(file: string): string | undefined {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat && [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join()
}

/** The value that a text of this host's own memory holds. @param file which it is from, for the error */
export function parseChecked<Value>(file: string, text: string, schema: Checks<Value>): Value {
  const value = parsed(file, text)
  const { version } = value
  if (typeof version === 'number' && version !== VERSION)
    throw new Error(`${file} has version ${version}, this version of Holdfast reads ${VERSION}`)
  // a site, or a file, may be called `version`
  if (typeof version === 'number') delete value.version
  const { data, error } = schema.safeParse(value)
  if (data === undefined) throw new Error(`${file} is damaged: ${wordsOf(error!)}; remove it to begin anew`)
  return data
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // said below
  }
  throw new Error(`${file} is damaged: it is no JSON object; remove it to begin anew`)
}

const wordsOf = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'all of it'}: ${message}`).join('; ')

/** Remembers a value, whole or not at all. @throws when it cannot be written, with the file's path */
export function writeState(host: Pick<Host, 'paths'>, name: string, value: object, form?: 'compact'): void {
  writeWhole(stateFile(host, name), textOfState(value, form))
}

/** The text that {@link parseChecked} reads. */
export const textOfState = (value: object, form?: 'compact'): string =>
  `${JSON.stringify({ version: VERSION, ...value }, undefined, form === 'compact' ? 0 : 2)}\n`

/** Remembers something of work that is done. A failure is reported as a problem, and the work still counts. */
export function rememberOrTell(shell: Pick<Shell, 'note'>, what: string, remember: () => void): void {
  try {
    remember()
  } catch (error) {
    shell.note('problem', `${what}: ${messageOf(error)}`)
  }
}

/** What this host remembers of each site under one name, as a schema has it. Errors are those of {@link readState}. */
export function memoryOfSites<Value extends object>(folder: string, schema: Checks<Value>, form?: 'compact') {
  const nameOf = (site: string): string => join(folder, encodeURIComponent(site))
  return {
    fileOf: (host: Pick<Host, 'paths'>, site: string): string => stateFile(host, nameOf(site)),
    read: (host: Pick<Host, 'paths'>, site: string): Value | undefined => readState(host, nameOf(site), schema),
    write: (host: Pick<Host, 'paths'>, site: string, value: Value): void => writeState(host, nameOf(site), value, form),
    remove: (host: Pick<Host, 'paths'>, site: string): void => removeFile(stateFile(host, nameOf(site))),
  }
}

/** The name under which a site's memory is kept. */
export const siteState = (site: string): string => join('sites', encodeURIComponent(site))
