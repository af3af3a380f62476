import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { craftChanged } from '../support/crafted-set.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { claim, Stage, type StageHost } from '../support/stage.ts'
import { type RunningWebServer, siteConfiguration, startWebServer } from '../support/web-servers.ts'

const folder = quickFolder('waits')
const [configuration, vhosts] = [join(folder, 'apache'), join(folder, 'stage/web2/vhosts')]
const inForce = join(configuration, 'sites-available/shop.conf')
const stage = new Stage(join(folder, 'stage'))
let server: RunningWebServer
let web2: StageHost
let source: string
/** As cron gives it: without the folders of root's programs. */
const CRON = { PATH: '/usr/bin:/bin' }

before(async () => {
  chmodSync(folder, 0o755)
  const web1 = stage.addHost('web1')
  source = (await createStatic({ vhosts: web1.vhosts, name: 'shop' })).folder
  claim(source, web1)
  assert.equal((await runTask(stage, 'nightly', web1)).code, 0)
  server = await startWebServer('apache', configuration, join(vhosts, 'nothing'))
  web2 = stage.addHost('web2', { webServer: server.fields })
})
after(() => server.stop())

const shop = (more = ''): string => siteConfiguration('apache', server.port, 'shop.example', join(vhosts, 'shop/SITE'), more)

/** A new set whose page has a text, with this configuration. */
const backUp = (page: string, text: string): Promise<void> =>
  craftChanged(source, join(stage.archive, 'shop'), copy => {
    writeFileSync(join(copy, 'SITE/index.html'), page)
    mkdirSync(join(copy, '.holdfast/web-server/sites-enabled'), { recursive: true })
    writeFileSync(join(copy, '.holdfast/web-server/sites-enabled/shop.conf'), text)
  })
const page = (): string => readFileSync(join(vhosts, 'shop/SITE/index.html'), 'utf8')
const night = () => runTask(stage, 'nightly', web2, [], CRON)
const status = () => runTask(stage, 'status', web2)
/** Has Apache load a module, before the files that need it. */
const load = (name: string): void => {
  const line = `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\nIncludeOptional`
  writeFileSync(server.main, readFileSync(server.main, 'utf8').replace('IncludeOptional', line))
}
/** Types the command that was printed for it. */
const typed = async (said: string, what: 'to put it in force' | 'to leave it out for good') => {
  const command = said.split(`${what}: `)[1]!.split('\n')[0]!
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 120_000 })
  return { code: status, stdout, stderr }
}

test('a replica’s configuration is in force after the first night with cron’s PATH', async () => {
  await backUp('first', shop())
  const { code, stdout } = await night()
  assert.equal(code, 0, stdout)
  assert.equal((await server.get('shop.example')).body, 'first')
})

test('a module that this host lacks keeps configuration out and the data not; the site is incomplete until it is there', async () => {
  await backUp('second', shop('  Header set X-A b\n'))
  for (const what of ['with the replay', 'and when nothing is newer']) {
    const { code, stdout } = await night()
    assert.equal(code, 1, `${what}: ${stdout}`)
    assert.match(
      stdout,
      /incomplete: shop\.conf of its backup is not in force yet, and every night tries again: .*Invalid command 'Header'/,
    )
    assert.equal((await server.get('shop.example')).body, 'second')
    assert.equal(readFileSync(inForce, 'utf8'), shop())
    const seen = await status()
    assert.equal(seen.code, 1, seen.stdout)
    assert.match(seen.stdout, /incomplete: shop\.conf/)
  }
  load('headers')
  const { code, stdout } = await night()
  assert.equal(code, 0, stdout)
  assert.equal(readFileSync(inForce, 'utf8'), shop('  Header set X-A b\n'))
  assert.equal((await status()).code, 0)
  assert.ok(!existsSync(join(web2.folder, 'state/proposals/shop')))
})

test('what is not on the list waits for a word, byte for byte: the printed command puts it in force, and nobody is asked again', async () => {
  const unlisted = shop('  SetEnvIf Host a b\n  Header set X-A b\n')
  await backUp('third', unlisted)
  const first = await night()
  assert.equal(first.code, 1, first.stdout)
  assert.equal(page(), 'third')
  assert.match(
    first.stdout,
    /incomplete: shop\.conf of its backup waits to be approved, for line 4: SetEnvIf Host a b: it is not on the list/,
  )
  assert.match(first.stdout, /\+ {2}SetEnvIf Host a b/)
  const proposed = join(web2.folder, 'state/proposals/shop/web-server/sites-enabled/shop.conf')
  assert.match(first.stdout, new RegExp(`it lies in ${proposed}`))
  assert.equal(readFileSync(proposed, 'utf8'), unlisted)
  // the word is said of this file, byte for byte
  const other = await typed(first.stdout.replaceAll(/--digest [0-9a-f]{32}/g, `--digest ${'0'.repeat(32)}`), 'to put it in force')
  assert.equal(other.code, 2, other.stdout)
  assert.match(other.stdout + other.stderr, /what waits for shop is [0-9a-f]{32} by now/)
  // the module that it needs is not there: it is approved, and waits for that
  const approved = await typed(first.stdout, 'to put it in force')
  assert.equal(approved.code, 1, approved.stdout)
  assert.match(approved.stdout, /incomplete: shop\.conf of its backup is not in force yet.*Invalid command 'SetEnvIf'/)
  load('setenvif')
  const tried = await night()
  assert.equal(tried.code, 0, tried.stdout)
  assert.equal(readFileSync(inForce, 'utf8'), unlisted)
  // what was in force before is kept, and is so again with one word
  for (const text of [shop('  Header set X-A b\n'), unlisted]) {
    const undone = await runTask(stage, 'recover', web2, ['--site', 'shop', '--undo', '--yes'])
    assert.equal(undone.code, 0, undone.stdout)
    assert.equal(readFileSync(inForce, 'utf8'), text)
  }
  await backUp('fourth', `${unlisted}# and a comment\n`)
  assert.equal((await night()).code, 1)
  await backUp('fifth', unlisted)
  const later = await night()
  assert.equal(later.code, 0, later.stdout)
})

test('what is declined is left out for good, until it is another', async () => {
  const was = readFileSync(inForce, 'utf8')
  await backUp('seventh', shop('  AcceptPathInfo On\n'))
  const { code, stdout } = await night()
  assert.equal(code, 1, stdout)
  const declined = await typed(stdout, 'to leave it out for good')
  assert.equal(declined.code, 0, declined.stdout)
  assert.equal((await status()).code, 0)
  await backUp('eighth', shop('  AcceptPathInfo On\n'))
  assert.equal((await night()).code, 0)
  assert.equal(page(), 'eighth')
  assert.equal(readFileSync(inForce, 'utf8'), was)
  await backUp('ninth', shop('  AcceptPathInfo Off\n'))
  assert.equal((await night()).code, 1)
})

/** The words of the command line, and what is said of them. */
const REFUSED: [string[], RegExp][] = [
  [['--yes'], /--site: found none, wanted the one site in question/],
  [['--site', 'shop'], /no terminal to ask on: add --digest/],
  [['--site', 'nosuch', '--yes'], /no configuration of nosuch waits to be approved on web2/],
  [['--site', 'shop', '--file', 'x.conf', '--yes'], /no x\.conf of shop waits to be approved/],
]
for (const [words, said] of REFUSED) {
  test(`approve ${words.join(' ')} is bad input`, async () => {
    const { code, stdout, stderr } = await runTask(stage, 'approve', web2, words)
    assert.equal(code, 2)
    assert.match(stdout + stderr, said)
  })
}

test('approve --dry-run shows all of it and changes nothing', async () => {
  const { code, stdout } = await runTask(stage, 'approve', web2, ['--site', 'shop', '--dry-run'])
  assert.equal(code, 0, stdout)
  assert.match(stdout, /line 4: AcceptPathInfo Off: it is not on the list/)
  assert.match(stdout, /\+ {2}AcceptPathInfo Off/)
  assert.equal((await status()).code, 1)
})

test('what was killed in the middle is as it was before, and is tried again by the next night', async () => {
  const was = readFileSync(inForce, 'utf8')
  const file = join(stage.folder, 'hosts/web2.json')
  const inventory = readFileSync(file, 'utf8')
  const fields = JSON.parse(inventory)
  writeFileSync(file, JSON.stringify({ ...fields, webServer: { ...fields.webServer, reload: ['sh', '-c', 'kill -KILL $PPID'] } }))
  await backUp('tenth', shop('  # the tenth\n'))
  const killed = await night()
  assert.equal(killed.signal, 'SIGKILL', killed.stdout)
  assert.match(readFileSync(inForce, 'utf8'), /the tenth/)
  writeFileSync(file, inventory)
  const { code, stdout } = await runTask(stage, 'boot', web2)
  assert.equal(code, 0, stdout)
  assert.equal(readFileSync(inForce, 'utf8'), was)
  assert.equal(page(), 'ninth')
  const next = await runTask(stage, 'nightly', web2, ['--json'])
  assert.equal(next.code, 0, next.stdout)
  assert.match(readFileSync(inForce, 'utf8'), /the tenth/)
  // it was tried in the sandbox before it was in force
  const commands = JSON.parse(next.stdout).outcomes.flatMap((outcome: { step: string; commands: { line: string }[] }) =>
    outcome.step === 'guard' ? [] : outcome.commands.map(each => each.line),
  )
  const tests = commands.filter((line: string) => line.includes('apache2 -t'))
  assert.deepEqual(
    tests.map((line: string) => line.split(' apache2')[0]),
    ['bwrap … --', `apache2 -t -f ${server.main}`],
  )
})

test('what an administrator changed here while something waited is not replaced without a word', async () => {
  await backUp('eleventh', shop('  Redirect /a https://shop.example/b\n'))
  assert.equal((await night()).code, 1, 'Apache lacks mod_alias')
  writeFileSync(inForce, shop('  # by hand\n'))
  load('alias')
  const { code, stdout } = await night()
  assert.equal(code, 1, stdout)
  assert.match(stdout, /waits to be approved, for line 1: what is in force in its place was changed here since/)
  assert.match(readFileSync(inForce, 'utf8'), /by hand/)
  const approved = await typed(stdout, 'to put it in force')
  assert.equal(approved.code, 0, approved.stdout)
  assert.match(readFileSync(inForce, 'utf8'), /Redirect/)
})
