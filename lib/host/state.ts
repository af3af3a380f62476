import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../core/message.ts'
import type { Shell } from '../engine/shell.ts'
import type { Host } from '../inventory/schema.ts'
import { writeWhole } from './whole-file.ts'

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

/** Remembers a value, whole or not at all. @throws when it cannot be written, with the file's path */
export function writeState(host: Pick<Host, 'paths'>, name: string, value: unknown): void {
  writeWhole(stateFile(host, name), `${JSON.stringify(value, undefined, 2)}\n`)
}

/** Does what is to be remembered of work that is done. That it cannot be is told as a problem; the work is no worse for it. */
export function rememberOrTell(shell: Pick<Shell, 'note'>, what: string, remember: () => void): void {
  try {
    remember()
  } catch (error) {
    shell.note('problem', `${what}: ${messageOf(error)}`)
  }
}

/** The name under which a site's memory is kept. */
export const siteState = (site: string): string => join('sites', encodeURIComponent(site))
