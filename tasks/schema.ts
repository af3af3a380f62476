import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inventoryJsonSchema } from '../lib/inventory/json-schema.ts'
import { expectNoWords, HOME } from '../lib/program/command-line.ts'
import { output } from '../lib/sandbox/process.ts'

expectNoWords('schema', 'writes hosts/schema.json, by which editors check inventories in JSON and YAML')
/** Writes the JSON Schema that inventories in JSON and YAML name in `$schema`. A test fails while it is older than the zod schema. */
const file = join(HOME, 'hosts', 'schema.json')
await writeFile(file, `${JSON.stringify(inventoryJsonSchema(), undefined, 2)}\n`)
await output('npx', ['biome', 'format', '--write', file], '', { cwd: HOME })
console.log(`written: ${file}`)
