import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'
import { commandIn, typeCommand } from '../support/printed.ts'
import { runTask } from '../support/recovering.ts'
import { Stage, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const ROOT = join(import.meta.dirname, '../..')
// a name that no shell leaves alone
const stage = new Stage(join(ownFolder('printed'), "o'hara & co"))
const host = stage.addHost('web1')
const NAME = "it's a blog"
const blog = await createStaticSite(host, NAME)
const page = join(blog, 'SITE/index.html')

/** Files that write the commands of tasks as a person reads them in a help page, a table or a completion. */
const HELP = [
  'lib/program/command-line.ts',
  'lib/program/task-help.ts',
  'lib/program/tasks.ts',
  'lib/program/owner-tasks.ts',
  'lib/demo/ending.ts',
  'lib/demo/play.ts',
  'lib/core/task-command.ts',
]

test('nothing but taskCommand() makes the command of a task that is printed', () => {
  const files = globSync('{lib,tasks}/**/*.ts', { cwd: ROOT }).filter(file => !HELP.includes(file) && file !== 'tasks/recover.ts')
  const made = files.filter(file => /npx zx|'npx', 'zx'|`tasks\/\$/.test(readFileSync(join(ROOT, file), 'utf8')))
  // a log's first line
  assert.deepEqual(made, ['lib/program/reported.ts'])
})

/** A mail's text as its reader sees it. */
const decoded = (mail: string): string =>
  mail.replaceAll(/=\r?\n/g, '').replaceAll(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))

test('what a mail of a failure says to type next does it again, also where the run was started with relative paths', async () => {
  const mail = join(stage.folder, 'mail')
  mkdirSync(mail)
  const other = stage.addHost('web2', {
    ...{
      vhosts: join(stage.folder, 'nowhere'),
      paths: { state: join(stage.folder, 's'), logs: join(stage.folder, 'a log'), run: join(stage.folder, 'r') },
    },
    mail: {
      from: 'a@example.org',
      to: ['b@example.org'],
      by: { kind: 'command', command: ['sh', '-c', 'cat >"$0"', join(mail, 'sent')] },
    },
  } as object)
  rmSync(other.vhosts, { recursive: true })
  const words = ['--host', other.name, `--inventory=${relative(ROOT, join(stage.folder, 'hosts'))}`, '-q']
  const first = await typeCommand(
    `cd '${ROOT}' && npx zx tasks/nightly.ts ${words.map(word => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`,
  )
  assert.equal(first.code, 2, first.said)
  const sent = decoded(readFileSync(join(mail, 'sent'), 'utf8'))
  const again = await typeCommand(commandIn(sent, 'nightly'))
  assert.equal(again.code, 2, again.said)
  assert.match(again.said, /vhosts: cannot list .*nowhere: ENOENT/)
  const [, less = ''] = /^ *\$ (less .*)$/m.exec(sent) ?? []
  assert.match(execFileSync('sh', ['-c', less.replace('less', 'cat')], { encoding: 'utf8' }), /Holdfast, /)
})

test('of two machines of one name, the command that the refused one prints lets it go on', async () => {
  assert.equal((await stage.nightly(host)).code, 0)
  const state = join(host.folder, 'state')
  cpSync(state, `${state}.clone`, { recursive: true })
  assert.equal((await stage.nightly(host)).code, 0)
  rmSync(state, { recursive: true })
  cpSync(`${state}.clone`, state, { recursive: true })
  const refused = await stage.told(host)
  assert.match(troubles(refused).join(), /another machine .* has written/)
  const taken = await typeCommand(commandIn(troubles(refused).join('\n'), 'nightly', '--new-machine'))
  assert.equal(taken.code, 0, taken.said)
})

test('a desktop begins a new chain at once by the command that was printed, whatever day it is', async () => {
  const encryption = { kind: 'passphrase', secret: 'PP' } as const
  const desktop = new Desktop(ownFolder('printed-desktop'), {}, { encryption })
  const setPassphrase = (text: string): void => writeFileSync(join(desktop.folder, '.env'), `PP=${text}\n`, { mode: 0o600 })
  setPassphrase('one')
  desktop.fill('letter', 1000)
  assert.equal(didOf(await desktop.ask(['--now'])), 'backup')
  setPassphrase('two')
  const refused = await desktop.ask(['--now'])
  const command = commandIn(troubles(refused).join('\n'), 'desktop', '--new-passphrase')
  const begun = await typeCommand(command)
  assert.equal(begun.code, 0, begun.said)
  assert.match(begun.stdout, /^pc +full/m)
})

test('the commands that recover another backup, and what an earlier recovery replaced, work as they are printed', async () => {
  writeFileSync(page, 'second')
  assert.equal((await stage.nightly(host)).code, 0)
  const archive = join(stage.archive, NAME)
  const listed = await runTask(stage, 'recover', host, ['--site', NAME, '--list'])
  writeFileSync(page, 'broken')
  const taken = await typeCommand(commandIn(listed.stdout, 'recover', '--at'), {}, '--yes')
  assert.equal(taken.code, 0, taken.said)
  assert.equal(readFileSync(page, 'utf8'), 'second')
  assert.equal((await runTask(stage, 'recover', host, ['--site', NAME, '--yes'])).code, 0)
  const kept = await runTask(stage, 'recover', host, ['--site', NAME, '--undo', '--dry-run', '--verbose'])
  const undone = await typeCommand(commandIn(kept.stdout, 'recover', '--kept'), {}, '--yes')
  assert.equal(undone.code, 0, undone.said)
  assert.equal(readFileSync(page, 'utf8'), 'broken')

  const newest = readdirSync(archive)
    .filter(name => name.startsWith('duplicity-inc.') && name.includes('.vol'))
    .toSorted()
    .at(-1)!
  rmSync(join(archive, newest))
  const into = join(stage.folder, 'into')
  const damaged = await runTask(stage, 'recover', host, ['--site', NAME, '--into', into, '--path', 'SITE'])
  assert.equal(damaged.code, 1, damaged.stdout)
  const instead = await typeCommand(commandIn(damaged.stdout, 'recover', '--at'))
  assert.equal(instead.code, 0, instead.said)
  assert.deepEqual(readdirSync(into), ['SITE'])
})
