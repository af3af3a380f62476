import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { cannotWrite } from '../core/disk-trouble.ts'
import { makeFolder } from '../host/whole-file.ts'

/**
 * Adds to this run's log of chain statuses (S21): one file a run, apart from its log since it is long. Gives its path; old ones go with the old logs.
 * @throws when it cannot be written, with its path
 */
export function appendPruneLog(folder: string, text: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)
  const [day, ending] = [`prune-${stamp.slice(0, 8)}`, `-${process.pid}.log`]
  let path = join(folder, `prune-${stamp}${ending}`)
  makeFolder(folder)
  try {
    const begun = readdirSync(folder).find(name => name.startsWith(day) && name.endsWith(ending))
    path = begun === undefined ? path : join(folder, begun)
    appendFileSync(path, `${text}\n`, { mode: 0o600 })
    return path
  } catch (error) {
    throw cannotWrite(path, error)
  }
}
