import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { searchPath } from '../engine/process.ts'

/** Whether the `mv` of this machine may have an option: one that says no word of it need not be started to be told. */
export function mvKnows(option: string): boolean {
  const found = searchPath()
    .map(folder => join(folder, 'mv'))
    .find(existsSync)
  return found === undefined || readFileSync(found).includes(option)
}
