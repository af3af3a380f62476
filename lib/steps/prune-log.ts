import { appendFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Adds to this run's log of chain statuses (S21): one file a run, apart from its log since it is long. Gives its path; old ones go with the old logs. */
export function appendPruneLog(folder: string, text: string, now: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)
  const [day, ending] = [`prune-${stamp.slice(0, 8)}`, `-${process.pid}.log`]
  const begun = readdirSync(folder).find(name => name.startsWith(day) && name.endsWith(ending))
  const path = join(folder, begun ?? `prune-${stamp}${ending}`)
  appendFileSync(path, `${text}\n`, { mode: 0o600 })
  return path
}
