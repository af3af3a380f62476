import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Host } from '../inventory/schema.ts'

/** A file of what this host remembers between runs, under its state folder: `archives`, `sites/NAME`. */
export const stateFile = (host: Pick<Host, 'paths'>, name: string): string => join(host.paths.state, `${name}.json`)

/**
 * Reads what was remembered under a name. Undefined when nothing was; a file that does not parse is an error, never forgotten silently.
 */
export function readState<Value>(host: Pick<Host, 'paths'>, name: string): Value | undefined {
  const file = stateFile(host, name)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return JSON.parse(text) as Value
  } catch {
    throw new Error(`${file} is damaged: it is no JSON; remove it to begin anew`)
  }
}

/** Remembers a value, whole or not at all: written beside and renamed. */
export function writeState(host: Pick<Host, 'paths'>, name: string, value: unknown): void {
  const file = stateFile(host, name)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const beside = `${file}.${process.pid}.new`
  writeFileSync(beside, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600, flush: true })
  renameSync(beside, file)
}

/** The name under which a site's memory is kept. */
export const siteState = (site: string): string => join('sites', encodeURIComponent(site))
