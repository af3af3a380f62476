import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { HOME } from '../../lib/program/command-line.ts'

// within the project: the linter looks at nothing outside of it
const folder = mkdtempSync(join(HOME, 'lib/engine/awaited-'))
after(() => rmSync(folder, { recursive: true }))

/** Statements, and whether the linter must refuse each. */
const STATEMENTS: [string, boolean][] = [
  ['shell.act`mv a b`', true],
  ['shell.with({ timeout: 1 }).act`mv a b`', true],
  ['shell.ask(String)`cat a`', true],
  ["shell.act('write it', () => {})", true],
  ['shell.watch([], () => {}, work)', true],
  ['await shell.act`mv a b`', false],
  ['const moved = shell.act`mv a b`\n  await moved', false],
  ['return shell.act`mv a b`', false],
  ["shell.note('info', 'moved')", false],
]

for (const [index, [statement, isRefused]] of STATEMENTS.entries()) {
  test(`the linter ${isRefused ? 'refuses' : 'takes'} ${statement}`, () => {
    const file = join(folder, `s${index}.ts`)
    const text = `import type { Shell } from '../shell.ts'\n\nexport async function run(shell: Shell, work: () => Promise<void>): Promise<unknown> {\n  ${statement}\n  return work\n}\n`
    writeFileSync(file, text)
    const { stdout, stderr } = spawnSync(join(HOME, 'node_modules/.bin/biome'), ['lint', '--colors=off', file], {
      cwd: HOME,
      encoding: 'utf8',
    })
    assert.match(stdout + stderr, /Checked 1 file/)
    assert.equal(/a command that nobody awaits/.test(stdout + stderr), isRefused, stdout + stderr)
  })
}
