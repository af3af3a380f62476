/** `npm run bench [-- NAME…]`: runs the benchmarks of this folder, all of them or those named, and prints a table of each, then what they must show and whether they do. */
import { globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Benchmark, lineOf, type Row, type Table, textOf } from './benchmark.ts'
import { CLAIMS, verdictsOf } from './claims.ts'

const NOT_ONE = ['bench.ts', 'benchmark.ts', 'claims.ts', 'histories.ts']
const names = globSync('*.ts', { cwd: import.meta.dirname })
  .filter(file => !NOT_ONE.includes(file))
  .map(file => file.replace(/\.ts$/, ''))
  .toSorted()

const script = process.argv.findIndex(word => basename(word) === 'bench.ts')
const wanted = process.argv.slice(script + 1)
const unknown = wanted.filter(name => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}
const run = wanted.length > 0 ? wanted : names
/** Characters of a row's name, and of a figure. */
const [FIRST, OTHERS] = [60, 6]
const tables = new Map<string, Table>()
for (const name of run) {
  const { default: benchmark } = (await import(`./${name}.ts`)) as { default: Benchmark }
  const folder = mkdtempSync(join(tmpdir(), `holdfast-bench-${name}-`))
  console.log(`\n${name}: ${benchmark.about}\n`)
  try {
    const { columns } = benchmark
    const rows: Row[] = []
    const widths = columns.map((column, at) => (at === 0 ? FIRST : Math.max(column.length, OTHERS)))
    tables.set(name, { columns, rows })
    console.log(lineOf(columns, widths))
    // one by one: who ends it early has what was found until then
    for await (const row of benchmark.run(folder, progress => process.stderr.write(`  ${progress}\n`))) {
      rows.push(row)
      console.log(lineOf(row, widths))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const claims = wanted.length > 0 ? CLAIMS.filter(({ benchmark }) => wanted.includes(benchmark)) : CLAIMS
if (claims.length > 0) console.log(`\nIt must show:\n\n${textOf(verdictsOf(claims, tables))}`)
