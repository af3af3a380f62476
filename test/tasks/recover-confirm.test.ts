import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { type Doing, onTerminal } from '../support/on-terminal.ts'
import { snapshot } from '../support/snapshot.ts'
import { isUnlocked, Stage, type StageHost } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('recover-confirm')
const stage = new Stage(folder)
let host: StageHost
let site: string

before(async () => {
  host = stage.addHost('web1')
  site = await createStaticSite(host, 'blog')
  writeFileSync(join(site, 'SITE/a.txt'), 'set')
  assert.equal((await stage.nightly(host)).code, 0)
  writeFileSync(join(site, 'SITE/a.txt'), 'live')
})

const asked = (doing: Doing, ...words: string[]) => {
  const task = join(import.meta.dirname, '../../tasks/recover.ts')
  const all = [process.execPath, task, '--host', 'web1', '--inventory', join(stage.folder, 'hosts'), '--site', 'blog', ...words]
  return onTerminal(all, 'Type yes: ', doing)
}
const lastLog = () => readFileSync(globSync(join(host.folder, 'logs/*recover*.log')).toSorted().at(-1)!, 'utf8')

/** [what the person does, the exit code, what the log says]. */
const table: [string, Doing, number, RegExp][] = [
  ['no', { keys: 'no\n' }, 2, /not confirmed: nothing was touched/],
  ['nothing but Enter', { keys: '\n' }, 2, /not confirmed: nothing was touched/],
  ['Ctrl-D', { keys: '\u0004' }, 2, /not confirmed: nothing was touched/],
  ['Ctrl-C', { keys: '\u0003' }, 130, /stopped by SIGINT/],
  ['a SIGTERM', { signal: 15 }, 143, /stopped by SIGTERM/],
  ['a connection that breaks', 'hang up', 129, /stopped by SIGHUP/],
]
for (const [what, doing, code, said] of table) {
  test(`recover that is answered by ${what} ends with ${code}, touches nothing and lets go of all`, async () => {
    const was = snapshot(site)
    const ended = await asked(doing)
    assert.equal(ended.code, code, ended.said)
    assert.match(lastLog(), said)
    assert.match(lastLog(), new RegExp(`recover ended at .* with exit code ${code}`))
    assert.ok(isUnlocked(host))
    assert.deepEqual(snapshot(site), was)
    assert.ok(!existsSync(join(host.vhosts, '.holdfast')))
  })
}

test('recover asks about what it would replace, and a yes is a yes', async () => {
  const part = await asked({ keys: 'no\n' }, '--path', 'SITE/a.txt')
  assert.match(part.said, /Replace the live SITE\/a\.txt of blog on web1 by the backup of 20[\d: -]+ UTC, \d+ s old\?/)
  const whole = await asked({ keys: ' Yes\n' })
  assert.equal(whole.code, 0, whole.said)
  assert.match(whole.said, /Replace the live files and database of blog on web1 by the backup of 20/)
  assert.equal(readFileSync(join(site, 'SITE/a.txt'), 'utf8'), 'set')
})
