import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'
import { snapshot } from '../support/snapshot.ts'

const CODE = join(import.meta.dirname, '../..')
const folder = ownFolder('recover-desktop')
const home = join(folder, 'root')
const desktop = new Desktop(folder, { name: 'desk' })

function run(task: string, ...words: string[]) {
  const all = [join(CODE, 'tasks', `${task}.ts`), '--host', 'pc', '--inventory', join(folder, 'hosts'), ...words]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env: { ...process.env, HOME: home } })
  return { code: status, stdout, said: stdout + stderr }
}

mkdirSync(home)
mkdirSync(join(desktop.source, 'me/letters'), { recursive: true })
writeFileSync(join(desktop.source, 'me/letters/to aunt'), 'Dear aunt')
desktop.fill('me/picture', 1000)
const saved = snapshot(desktop.source)
assert.equal(didOf(await desktop.ask(['--now'])), 'backup')
writeFileSync(join(desktop.source, 'me/letters/to aunt'), 'gone')
const live = snapshot(desktop.source)

test('recover --site of a desktop brings its files back into another folder, all or by path, and touches nothing else', () => {
  const whole = run('recover', '--site', 'desk', '--into', join(folder, 'all'))
  assert.equal(whole.code, 0, whole.said)
  assert.deepEqual(snapshot(join(folder, 'all')), saved)
  const part = run('recover', '--site', 'desk', '--path', 'me/letters', '--into', join(folder, 'part'))
  assert.equal(part.code, 0, part.said)
  assert.match(part.stdout, /me\/letters of desk as of .*: restored into /)
  assert.equal(readFileSync(join(folder, 'part/me/letters/to aunt'), 'utf8'), 'Dear aunt')
  assert.deepEqual(snapshot(desktop.source), live)
})

test('recover --site of a desktop lists its restore points, and the command that it prints works as it stands', () => {
  const { code, stdout, said } = run('recover', '--site', 'desk', '--list')
  assert.equal(code, 0, said)
  const [, command = ''] = /to take one: (.*)$/m.exec(stdout) ?? []
  execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: 'pipe' })
  assert.deepEqual(snapshot(join(home, 'restored-desk')), saved)
})

test('recover --site of a desktop wants --into, and refuses what a desktop has not', () => {
  for (const [words, message] of [
    [['--yes'], /a desktop's files are restored into another folder: add --into DIR/],
    [['--yes', '--dry-run'], /add --into DIR/],
    [['--into', join(folder, 'x'), '--db-only'], /desk has no database: leave --db-only out/],
    [['--undo', '--yes'], /nothing to undo: no restore of desk keeps what it replaced/],
    [['--into', join(folder, 'x'), '--at', '2001-01-01'], /the first backup is of /],
  ] as const) {
    const { code, said } = run('recover', '--site', 'desk', ...words)
    assert.equal(code, 2, said)
    assert.match(said, message)
  }
  const { code, said } = run('recover', '--site', 'pc', '--into', join(folder, 'x'))
  assert.equal(code, 2, said)
  assert.match(said, /no site "pc".*there is desk/)
  assert.deepEqual(snapshot(desktop.source), live)
})

test('status lists a desktop with its restore points, and knows no other of that name', () => {
  const { stdout, said } = run('status', '--site', 'desk')
  assert.match(stdout, /^ {2}desk {2}desktop {2}\d+ (s|min) .* 1 +1 +[\d.]+ kB/m, said)
  assert.equal(run('status', '--site', 'pc').code, 2)
})
