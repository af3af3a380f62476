import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The dump in a site's folder as one text, as a person puts it together: `cat .holdfast/database.tables/*.sql`. */
export function dumpTextIn(site: string, name = 'database.tables'): string {
  const folder = join(site, '.holdfast', name)
  const parts = readdirSync(folder).toSorted((a, b) => (a < b ? -1 : 1))
  return parts.map(part => readFileSync(join(folder, part), 'utf8')).join('')
}

/** The dump of a site as sets had it before: one file. */
export function makeOneFile(site: string): void {
  const text = dumpTextIn(site)
  rmSync(join(site, '.holdfast', 'database.tables'), { recursive: true })
  writeFileSync(join(site, '.holdfast', 'database.sql'), text, { mode: 0o600 })
}
