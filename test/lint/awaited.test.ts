import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { HOME } from '../../lib/program/command-line.ts'
import { droppedPromises } from './awaited.ts'

const folder = mkdtempSync(join(tmpdir(), 'awaited-'))
after(() => rmSync(folder, { recursive: true }))

/** Statements of a step, a line each: in each of these something goes on that nobody awaits. */
const REFUSED = [
  'shell.act`mv a b`',
  'shell.with({ timeout: 1 }).act`mv a b`',
  'shell.quick.act`mv a b`',
  'shell.ask(String)`cat a`',
  "shell.act('write it', () => {})",
  "shell.look('read it', work)",
  'shell.watch([], () => {}, work)',
  'void shell.act`mv a b`',
  'act`mv a b`',
  "act('write it', work)",
  'isOn && shell.act`mv a b`',
  'isOn ? shell.act`mv a b` : shell.note("info", "off")',
  'if (isOn) shell.act`mv a b`',
  'for (const item of items) shell.act`rm ${item}`',
  'items.forEach(item => shell.act`rm ${item}`)',
  'items.forEach(async item => { await shell.act`rm ${item}` })',
  'items.map(item => shell.act`rm ${item}`)',
  'items.filter(item => shell.act`rm ${item}`)',
  'await Promise.all(items.map(item => { shell.act`rm ${item}` }))',
  'Promise.all(items.map(item => shell.act`rm ${item}`))',
  ';[shell.act`mv a b`]',
  'shell.act`mv a b`.then(() => shell.note("info", "moved"))',
  'shell.act`mv a b`.catch(() => {})',
  'shell.act`mv a b`.finally(() => {})',
  'await work().then(() => { shell.act`mv a b` })',
  'await shell.act("move", () => { shell.act`mv a b` })',
  'setTimeout(() => shell.act`mv a b`, 1)',
  'const later: () => void = () => shell.act`mv a b`; later()',
  ';(async () => { await shell.act`mv a b` })()',
  'moveAll(shell)',
  'work()',
]

const TAKEN = [
  'await shell.act`mv a b`',
  'const moved = shell.act`mv a b`; await moved',
  'const read = shell.ask(String)`cat a`; read.catch(() => {}); await read',
  'await Promise.all(items.map(item => shell.act`rm ${item}`))',
  'items.push(await shell.ask(String)`cat a`)',
  'isOn && (await shell.act`mv a b`)',
  'await shell.look("both", async () => { await shell.act`mv a b`; await work() })',
  'const both = async () => { await shell.act`mv a b` }; await both()',
  "shell.note('info', 'moved')",
  'if (isOn) return await shell.act`mv a b`',
  'if (isOn) return work()',
]

test('what nobody awaits is refused: a command, a change, a look and a function of the project', () => {
  const statements = [...REFUSED, ...TAKEN]
  const file = join(folder, 'step.ts')
  const before = [
    `import type { Shell } from '${HOME}/lib/engine/shell.ts'`,
    'async function moveAll(shell: Shell): Promise<void> { await shell.act`mv a b` }',
    'export async function run(shell: Shell, act: Shell["act"], work: () => Promise<void>, items: string[], isOn: boolean): Promise<void> {',
  ]
  writeFileSync(file, [...before, ...statements.map(statement => `  { ${statement} }`), '}'].join('\n'))
  const config = { extends: join(HOME, 'tsconfig.json'), compilerOptions: { typeRoots: [join(HOME, 'node_modules/@types')] } }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, include: ['step.ts'] }))
  const lines = new Set(droppedPromises(join(folder, 'tsconfig.json'), name => name === file).map(({ line }) => line))
  const refused = statements.filter((_, index) => lines.has(before.length + index + 1))
  assert.deepEqual(refused, REFUSED)
})

test('nothing in lib and tasks is left to itself', () => {
  const ours = (name: string): boolean => name.startsWith(`${HOME}/lib/`) || name.startsWith(`${HOME}/tasks/`)
  assert.deepEqual(droppedPromises(join(HOME, 'tsconfig.json'), ours), [])
})
