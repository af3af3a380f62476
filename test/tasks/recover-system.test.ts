import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createStatic } from '../../lib/sandbox/static-site.ts'
import { makeLineage } from '../support/lineage.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, Stage, type StageHost } from '../support/stage.ts'

const folder = quickFolder('recover-system')
const [letsencrypt, apache, log] = ['letsencrypt', 'apache', 'log'].map(name => join(folder, name)) as [string, string, string]
const mended = join(folder, 'mended')
const available = join(apache, 'sites-available/blog.conf')
let stage: Stage
let host: StageHost
let site: string

/** What is in force on the system and in the site. */
const look = () => [letsencrypt, apache, site].map(each => (existsSync(each) ? without(snapshot(each)) : []))
/** Folders get another time when something in them is exchanged, there and back. */
const without = (files: Record<string, string>) =>
  Object.entries(files).filter(([path, what]) => !what.startsWith('folder') && !path.startsWith('.holdfast'))

const recover = (...words: string[]) => runTask(stage, 'recover', host, ['--site', 'blog', ...words, '--yes'])
const logged = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])

/** It says a broken configuration is broken, and what it saw in force. */
const TEST = `{ test -e '${mended}' || ! grep -q BROKEN '${available}'; } && echo "test $(cat '${available}' | grep -c of-the-set)" >> '${log}'`

/** A web server: 500 where the page says so, but at night, as from a cache: the backup is of a site that worked. */
let isNight = false
const server = createServer((_, response) => {
  const page = readFileSync(join(site, 'SITE/index.html'), 'utf8')
  response.writeHead(page.includes('FATAL') && !isNight ? 500 : 200).end(page)
})

const virtualHost = (comment: string): string => `# ${comment}
<VirtualHost *:80>
  ServerName blog.example
  DocumentRoot ${site}/SITE
</VirtualHost>
`

before(async () => {
  stage = new Stage(folder)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  host = stage.addHost('web1', {
    certificates: letsencrypt,
    webServer: { kind: 'apache', folder: apache, test: ['sh', '-c', TEST], reload: ['sh', '-c', `echo reload >> '${log}'`] },
    sites: { blog: { check: { url } } },
  } as object)
  site = (await createStatic({ vhosts: host.vhosts, name: 'blog' })).folder
  claim(site, host)
  for (const part of ['sites-available', 'sites-enabled']) mkdirSync(join(apache, part), { recursive: true })
  symlinkSync('../sites-available/blog.conf', join(apache, 'sites-enabled/blog.conf'))
  await backUp(() => {})
})
after(() => server.close())

/** A night, after a change of what is in force. */
async function backUp(change: () => void): Promise<void> {
  rmSync(letsencrypt, { recursive: true, force: true })
  makeLineage(letsencrypt, 'blog.example', ['blog.example'])
  writeFileSync(available, virtualHost('of-the-set'))
  change()
  isNight = true
  const { code, stdout } = await runTask(stage, 'nightly', host)
  isNight = false
  assert.equal(code, 0, stdout)
  rmSync(letsencrypt, { recursive: true })
}

test('recover puts certificates in place, links as links, and the web server’s configuration, which is tested, then reloaded', async () => {
  writeFileSync(available, virtualHost('of today'))
  const { needs } = JSON.parse(readFileSync(join(stage.archive, 'blog/.holdfast-sets'), 'utf8').split('\n')[0]!)
  assert.deepEqual(needs, { webServer: 'apache', certificates: true })
  const was = look()
  const { code, stdout, stderr } = await recover()
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  assert.equal(readlinkSync(join(letsencrypt, 'live/blog.example/cert.pem')), '../../archive/blog.example/cert1.pem')
  assert.match(readFileSync(join(letsencrypt, 'live/blog.example/cert.pem'), 'utf8'), /BEGIN CERTIFICATE/)
  assert.ok(existsSync(join(letsencrypt, 'renewal/blog.example.conf')))
  assert.equal(statSync(join(letsencrypt, 'live/blog.example/privkey.pem')).mode & 0o077, 0)
  assert.match(readFileSync(available, 'utf8'), /of-the-set/)
  assert.deepEqual(logged(), ['test 1', 'reload'])
  const undone = await recover('--undo')
  assert.equal(undone.code, 0, undone.stdout)
  assert.deepEqual(look(), was)
  assert.deepEqual(logged().slice(2), ['test 0', 'reload'])
})

test('a certificate here that lasts longer than the set’s stays', async () => {
  // the one of the set was made earlier: whole seconds apart
  await new Promise(resolve => setTimeout(resolve, 1100))
  makeLineage(letsencrypt, 'blog.example', ['blog.example'], 2)
  const was = snapshot(join(letsencrypt, 'archive'))
  const { code, stdout } = await recover()
  assert.equal(code, 0, stdout)
  assert.deepEqual(snapshot(join(letsencrypt, 'archive')), was)
  assert.equal(readlinkSync(join(letsencrypt, 'live/blog.example/cert.pem')), '../../archive/blog.example/cert2.pem')
  rmSync(letsencrypt, { recursive: true })
})

test('a site that no longer answers puts everything back, configuration and certificates too', async () => {
  const page = join(site, 'SITE/index.html')
  const good = readFileSync(page, 'utf8')
  await backUp(() => writeFileSync(page, `${good} FATAL`))
  writeFileSync(page, good)
  writeFileSync(available, virtualHost('of today'))
  const was = look()
  const { code, stdout } = await recover()
  assert.equal(code, 1, stdout)
  assert.match(stdout, /it answered HTTP 200 before and HTTP 500 after the restore/)
  assert.match(stdout, /blog is as it was before/)
  assert.deepEqual(look(), was)
  assert.deepEqual(logged().slice(-3), ['reload', 'test 0', 'reload'])
  assert.doesNotMatch(readFileSync(join(host.folder, 'state/restores/blog.json'), 'utf8'), /"pending"/)
})

test('a configuration that fails its test keeps nothing else from being recovered, and waits until the test passes', async () => {
  writeFileSync(join(site, 'SITE/index.html'), 'of the set')
  await backUp(() => writeFileSync(available, virtualHost('BROKEN of-the-set')))
  writeFileSync(join(site, 'SITE/index.html'), 'of today')
  writeFileSync(available, virtualHost('of today'))
  const { code, stdout } = await recover()
  assert.equal(code, 1, stdout)
  assert.match(
    stdout,
    /incomplete: blog\.conf of its backup is not in force yet, and every night tries again: sh ended with exit code 1/,
  )
  assert.equal(readFileSync(join(site, 'SITE/index.html'), 'utf8'), 'of the set')
  assert.ok(existsSync(join(letsencrypt, 'live/blog.example')))
  assert.match(readFileSync(available, 'utf8'), /of today/)
  assert.doesNotMatch(readFileSync(join(host.folder, 'state/restores/blog.json'), 'utf8'), /"pending"/)
  const night = await runTask(stage, 'nightly', host)
  assert.equal(night.code, 1, night.stdout)
  assert.match(night.stdout, /incomplete: blog\.conf of its backup is not in force yet/)
  // it is what an administrator of this host had in force: nobody is asked once it works
  writeFileSync(mended, '')
  const well = await runTask(stage, 'nightly', host)
  assert.equal(well.code, 0, well.stdout)
  assert.match(readFileSync(available, 'utf8'), /BROKEN of-the-set/)
})

test('a memory or a proposal that is damaged, and a folder that cannot be written, keep no site from its data or its backup', async () => {
  await backUp(() => {})
  writeFileSync(available, virtualHost('of today'))
  const memory = join(host.folder, 'state/configurations/blog.json')
  const [kept, proposal] = [readFileSync(memory, 'utf8'), join(host.folder, 'state/proposals/blog')]
  writeFileSync(memory, 'no JSON')
  const told = await recover()
  assert.equal(told.code, 1, told.stdout)
  assert.match(told.stdout, /incomplete: blog\.example, blog\.conf of its backup are not in force yet.*blog\.json is damaged/)
  assert.match(told.stdout, /blog: now as of/)
  writeFileSync(join(proposal, 'replaces.json'), '{')
  const night = await runTask(stage, 'nightly', host)
  assert.equal(night.code, 1, night.stdout)
  assert.match(night.stdout, /incomplete: what waits for blog cannot be read; remove .*proposals\/blog/)
  assert.match(night.stdout, /what is in force cannot be remembered: .*blog\.json is damaged/)
  assert.match(night.stdout, /^blog .*incremental/m)
  writeFileSync(memory, kept)
  rmSync(proposal, { recursive: true })
  // something else has the name of the folder in which files are prepared
  rmSync(join(apache, '.holdfast'), { recursive: true, force: true })
  writeFileSync(join(apache, '.holdfast'), '')
  writeFileSync(available, virtualHost('of tomorrow'))
  const blocked = await recover()
  assert.equal(blocked.code, 1, blocked.stdout)
  assert.match(blocked.stdout, /incomplete: blog\.conf of its backup is not in force yet.*(ENOTDIR|EEXIST)/)
  assert.match(blocked.stdout, /blog: now as of/)
})
