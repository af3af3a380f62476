import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inventoryJsonSchema } from '../lib/inventory/json-schema.ts'
import { expectNoWords, HOME } from '../lib/program/command-line.ts'
import { withTaskTable } from '../lib/program/task-help.ts'
import { TASKS } from '../lib/program/tasks.ts'
import { output } from '../lib/sandbox/process.ts'

expectNoWords(
  'schema',
  "writes what is made of declarations: hosts/schema.json, by which editors check inventories, and README's table of tasks",
)
/** A test fails while one of them is older than what it is made of. */
const file = join(HOME, 'hosts', 'schema.json')
await writeFile(file, `${JSON.stringify(inventoryJsonSchema(), undefined, 2)}\n`)
await output('npx', ['biome', 'format', '--write', file], '', { cwd: HOME })
const readme = join(HOME, 'README.md')
await writeFile(readme, withTaskTable(await readFile(readme, 'utf8'), TASKS))
console.log(`written: ${file}, ${readme}`)
