import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setsOf } from '../core/collection.ts'
import { printTime } from '../core/restore-point.ts'
import { formatBytes } from '../core/wording.ts'
import { collectionOf } from '../duplicity/listing.ts'
import { lineOf } from '../engine/command.ts'
import { tableOf } from '../report/lines.ts'
import type { Stage } from './stage.ts'

/** What the demo leaves: the tree, the archive, where to look and what to type next. */
export function endingOf(stage: Stage): string {
  return [treeOf(stage), 'What is in the archive', archiveTable(stage.archive), nextSteps(stage)].join('\n\n')
}

function treeOf({ folder }: Stage): string {
  return `${folder}
├── archive/            duplicity's sets, encrypted: blog/ and leaflet/, each with the marker PRIMARY_IS_web1
├── hosts/              the inventories web1.json and web2.json
├── .env                the passphrase, mode 600
├── web1/               the primary host
│   ├── vhosts/blog/        SITE/ is WordPress; .holdfast/ holds its database dump and certificates
│   ├── vhosts/leaflet/     SITE/ is plain files
│   └── logs/               one file a run
└── web2/               the replica host: the same, restored from the archive`
}

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
  return `Where to look
  ${lineOf(['ls', '-l', join(archive, 'blog')])}
  ${lineOf(['less', web1.logs])}/*.log
  ${lineOf(['less', join(web1.vhosts, 'blog', '.holdfast', 'database.tables', '2-table-wp_posts.sql')])}

What to type next
  ${lineOf([...nightly, '--dry-run'])}
  ${lineOf([...nightly, '--site', 'leaflet', '--verbose'])}
  npm test
  npm run setup          on a real server: checks it and writes its first inventory

The sandbox stays in ${folder} until the next demo removes it. Nothing of it is running; without the blog's database,
a run for the blog would fail.`
}
