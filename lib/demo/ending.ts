import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setsOf } from '../core/collection.ts'
import { printTime } from '../core/restore-point.ts'
import { formatBytes } from '../core/wording.ts'
import { collectionOf } from '../duplicity/listing.ts'
import { lineOf } from '../engine/command.ts'
import { tableOf } from '../report/lines.ts'
import type { Stage } from './stage.ts'

/** What the demo leaves: the archive, where to look and what to type next. */
export const endingOf = (stage: Stage): string => [archiveTable(stage.archive), nextSteps(stage)].join('\n')

/** A table of the sets in the archive, from the names and sizes of their files. */
function archiveTable(archive: string): string {
  const entries = readdirSync(archive, { withFileTypes: true }).filter(entry => entry.isDirectory())
  const sites = entries.map(({ name }) => name).toSorted()
  const rows = sites.flatMap(site => {
    const folder = join(archive, site)
    const files = readdirSync(folder).map(name => ({ name, bytes: statSync(join(folder, name)).size }))
    const sets = collectionOf(files).chains.flatMap(setsOf)
    return sets.map(set => [site, set.kind, printTime(set.time), String(set.volumes.length), formatBytes(set.bytes)])
  })
  const table = tableOf([['site', 'set', 'taken', 'volumes', 'size'], ...rows], [3, 4])
  return table.map(line => `  ${line}`).join('\n')
}

function nextSteps({ folder, inventory, archive, web1 }: Stage): string {
  const nightly = ['npx', 'zx', 'tasks/nightly.ts', '--host', 'web1', '--inventory', inventory]
  return `Look into it, until the next demo removes it:
  ${lineOf(['ls', '-l', join(archive, 'blog')])}
  ${lineOf(['less', web1.logs])}/*.log
  ${lineOf(['less', join(folder, 'hosts', 'web1.json')])}
  ${lineOf([...nightly, '--dry-run'])}
On a server: npm run setup`
}
