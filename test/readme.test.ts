import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadHost } from '../lib/inventory/load.ts'
import { HOME } from '../lib/program/command-line.ts'
import { withTaskTable } from '../lib/program/task-help.ts'
import { TASKS } from '../lib/program/tasks.ts'
import { statusSchema } from '../lib/report/status.ts'

const READMES = ['README.md', ...['hosts', 'lib', 'tasks', 'test'].map(folder => `${folder}/README.md`)]
const readme = READMES.map(file => readFileSync(join(HOME, file), 'utf8')).join('\n')
const blocks = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(match => match[1]!)

test('the inventory in the README loads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-readme-'))
  const text = blocks.find(block => block.includes('export default host('))!
  writeFileSync(join(folder, 'web1.ts'), text.replace('../lib', join(HOME, 'lib')))
  const host = await loadHost(folder, 'web1')
  rmSync(folder, { recursive: true })
  assert.deepEqual([host.archive.kind, host.vpn?.kind, Object.keys(host.sites)], ['mount', 'unit', ['blog']])
})

test('the step in the README is the one in the code', () => {
  const step = blocks.find(block => block.includes(': Step<'))!
  assert.ok(readFileSync(join(HOME, 'lib/steps/save.ts'), 'utf8').includes(step))
})

test('the status in the README keeps to its schema, and names every field', () => {
  const example = JSON.parse(/```json\n(.*?)```/s.exec(readme)![1]!)
  assert.deepEqual(statusSchema.parse(example), example)
})

test('every file that a README links is there', () => {
  const links = READMES.flatMap(file =>
    [...readFileSync(join(HOME, file), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to]) => join(HOME, file, '..', to!)),
  )
  assert.ok(links.length >= READMES.length)
  assert.deepEqual(
    links.filter(path => !existsSync(path)),
    [],
  )
})

test('every task, script and file that the README names is there', () => {
  const named = new Set(readme.match(/\b(?:tasks|lib|test)\/[\w./-]*\w/g))
  assert.deepEqual(
    [...named].filter(path => !existsSync(join(HOME, path))),
    [],
  )
  const { scripts } = JSON.parse(readFileSync(join(HOME, 'package.json'), 'utf8'))
  for (const [, script = ''] of readme.matchAll(/npm run (\w+)/g)) assert.ok(script in scripts, script)
})

test("README's table of tasks is made of their declarations", () => {
  const file = readFileSync(join(HOME, 'README.md'), 'utf8')
  assert.equal(file, withTaskTable(file, TASKS), 'npm run schema writes it anew')
})
