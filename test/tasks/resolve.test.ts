import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { Stage, type StageHost, troubles, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = quickFolder('resolve')
const markersIn = (path: string): string[] => readdirSync(path).filter(name => name.startsWith('PRIMARY_IS_'))
const sets = (path: string): string[] => readdirSync(path).filter(name => /^duplicity-(full|inc)\..*manifest$/.test(name))
const mark = (host: StageHost, from: string, to: string): void =>
  renameSync(join(host.vhosts, 'page', `PRIMARY_IS_${from}`), join(host.vhosts, 'page', `PRIMARY_IS_${to}`))

/** The site page of web1, backed up, with a replica on web2. */
async function replicated(name: string) {
  const stage = new Stage(join(folder, name))
  const [web1, web2] = [stage.addHost('web1'), stage.addHost('web2')]
  await createStaticSite(web1, 'page')
  for (const host of [web1, web2]) assert.deepEqual(troubles(await stage.told(host)), [])
  return { stage, web1, web2, archive: join(stage.archive, 'page') }
}

test('resolve gives a contested site to the chosen host by a new epoch, and the other becomes a replica', async () => {
  const { stage, web1, web2, archive } = await replicated('contested')
  const epoch = JSON.parse(readFileSync(join(web1.vhosts, 'page/.holdfast-epoch'), 'utf8'))
  assert.deepEqual([epoch.number, epoch.owner, epoch.by], [1, 'web1', 'claim'])
  mark(web2, 'web1', 'web2')
  const contested = await stage.told(web2)
  const [line = ''] = verdicts(contested)
  assert.match(line, /page needs attention: conflict: the folder here says that web2 owns it, its archive says web1/)
  assert.match(line, /if web2 keeps it: cd .* npx zx tasks\/resolve.ts --site page --keep web2/)

  const resolve = (host: StageHost, ...words: string[]) => runTask(stage, 'resolve', host, ['--site', 'page', ...words])
  const shown = await resolve(web2)
  assert.equal(shown.code, 2)
  for (const what of [
    /on web2: marked as web2's, epoch 1 of web1; goes on from the backup of .*; \d+ files? changed since/,
    /in the archive: epoch 1, which web1 took on .* by claim; the newest backup is of .*, made by web1; none newer than what is here/,
    /--keep: nothing is given, wanted one of web1, web2/,
  ])
    assert.match(shown.stdout + shown.stderr, what)
  assert.match((await resolve(web2, '--keep', 'web3')).stdout, /--keep: found "web3", wanted one of web1, web2/)
  assert.match((await resolve(web2, '--keep', 'web2')).stdout, /--yes: there is no terminal to ask on/)
  assert.deepEqual(
    readdirSync(archive).filter(name => name.includes('epoch')),
    ['.holdfast-epoch-1'],
  )

  assert.equal((await resolve(web2, '--keep', 'web2', '--yes')).code, 0)
  assert.deepEqual([markersIn(archive), markersIn(join(web2.vhosts, 'page'))], [['PRIMARY_IS_web2'], ['PRIMARY_IS_web2']])
  writeFileSync(join(web2.vhosts, 'page/SITE/new.txt'), 'of web2')
  const owner = await stage.told(web2)
  assert.deepEqual(verdicts(owner), [])
  assert.equal(sets(archive).length, 2)
  assert.equal(sets(archive).filter(name => name.startsWith('duplicity-full')).length, 2, 'a new epoch begins with a new chain')
  const before = await stage.told(web1)
  assert.match(verdicts(before).join('\n'), /page needs attention: .*web2 took it over from web1: epoch 2/s)
  assert.equal(sets(archive).length, 2)
})

test('an owner whose folder is older than its archive does not back up, and names the commands', async () => {
  const { stage, web1, web2, archive } = await replicated('older')
  writeFileSync(join(web1.vhosts, 'page/SITE/last.txt'), 'the last work before web1 died')
  assert.deepEqual(troubles(await stage.told(web1)), [])
  // as it was done by hand: both markers, here and beside an archive of the time before there were epochs
  mark(web2, 'web1', 'web2')
  renameSync(join(archive, 'PRIMARY_IS_web1'), join(archive, 'PRIMARY_IS_web2'))
  rmSync(join(archive, '.holdfast-epoch-1'), { recursive: true })
  rmSync(join(web2.vhosts, 'page/.holdfast-epoch'))
  rmSync(join(web2.folder, 'state/sites/page.json'))
  const lost = await stage.told(web2)
  assert.match(
    troubles(lost).join('\n'),
    /page ownership: the newest backup in its archive, of .*, was made by web1, and the folder here goes on from no backup that this host knows of\. Nothing is backed up/,
  )
  assert.equal(sets(archive).length, 2)
  assert.equal(lost.exitCode, 1)
  const [bring = '', keep = ''] = [.../npx zx (tasks\/\w+\.ts[^;\n]*)/g[Symbol.matchAll](troubles(lost).join('\n'))].map(
    ([, words = '']) => words,
  )
  assert.match(bring, /recover\.ts --site page/)
  assert.match(keep, /resolve\.ts --site page --keep web2/)

  assert.equal((await runTask(stage, 'recover', web2, ['--site', 'page', '--yes'])).code, 0)
  assert.ok(existsSync(join(web2.vhosts, 'page/SITE/last.txt')))
  assert.deepEqual(verdicts(await stage.told(web2)), [])
  assert.equal(sets(archive).length, 3)
})

test('resolve has one of two markers go, whatever it is, also before the first backup', async () => {
  const stage = new Stage(join(folder, 'ambiguous'))
  const web2 = stage.addHost('web2')
  await createStaticSite(web2, 'page')
  const archive = join(stage.archive, 'page')
  mkdirSync(archive, { recursive: true })
  for (const name of ['PRIMARY_IS_web1', 'PRIMARY_IS_web9']) symlinkSync('x', join(archive, name))
  const resolve = (...words: string[]) => runTask(stage, 'resolve', web2, ['--site', 'page', ...words])
  const resolved = await resolve('--keep', 'web1', '--yes')
  assert.equal(resolved.code, 0, resolved.stdout)
  assert.match(resolved.stdout, /ambiguous: its archive has markers of web1 and web9/)
  assert.deepEqual([markersIn(archive), markersIn(join(web2.vhosts, 'page'))], [['PRIMARY_IS_web1'], ['PRIMARY_IS_web1']])
  // by its former name, which older mails have
  assert.match(
    (await runTask(stage, 'settle', web2, ['--site', 'page'])).stdout,
    /page has no conflict to resolve on web2: it is replica here/,
  )
})
