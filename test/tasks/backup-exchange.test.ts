import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { output } from '../../lib/sandbox/process.ts'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { EXCHANGES, exchange } from '../support/exchange-folder.ts'
import { gpgPerson, makeKey } from '../support/gpg-key.ts'
import { ownFolder } from '../support/host.ts'
import { claim, PASSPHRASE, readJson, Stage, type StageHost, troubles } from '../support/stage.ts'

const WWW = 33
/** What a run may say: what the attack spoils is a folder that is a link now, or files that were not there when they were read. */
const HELD_UP = /^blog backup: (a symbolic link stands where a folder has to be|could not be read, .*: SITE\/(pages|link)\b)/
const FILES = Array.from({ length: 200 }, (_, index) => `file-${index}`)

const folder = ownFolder('exchange')
const root = join(folder, 'root')
const isRoot = process.geteuid?.() === 0
const person = gpgPerson()
let key: string

before(() => {
  key = makeKey(person)
  mkdirSync(root, { mode: 0o700 })
  for (const name of FILES) writeFileSync(join(root, name), 'a secret of root', { mode: 0o600 })
})

/** A site with a folder of files, and a link of the same names to root's own folder beside it. */
function makeSite(host: StageHost): string {
  const site = join(host.vhosts, 'blog')
  mkdirSync(join(site, 'SITE', 'pages'), { recursive: true })
  for (const name of FILES) writeFileSync(join(site, 'SITE', 'pages', name), 'of the site')
  symlinkSync(root, join(site, 'SITE', 'link'))
  execFileSync('chown', ['-hR', `${WWW}:${WWW}`, site])
  claim(site, host)
  return site
}

/** Everything that the volumes of an archive hold. */
function contentOf(archive: string, env: NodeJS.ProcessEnv): string {
  const volumes = readdirSync(archive, { recursive: true })
    .map(String)
    .filter(name => /\.difftar\./.test(name))
  const read = (name: string): Buffer =>
    name.endsWith('.gz')
      ? execFileSync('gzip', ['-dc', join(archive, name)])
      : execFileSync('gpg', ['--batch', '--pinentry-mode=loopback', '--passphrase-fd=0', '--decrypt', join(archive, name)], {
          input: PASSPHRASE,
          env,
          stdio: ['pipe', 'pipe', 'ignore'],
        })
  return volumes.map(name => read(name).toString('latin1')).join('')
}

for (const [version, environment] of [
  ['0.8.22', async () => process.env],
  ['3.0.4', withDuplicity3],
] as const) {
  test(`duplicity ${version} by itself takes root's files for the site's when a folder is exchanged for a link`, {
    skip: !isRoot,
  }, async () => {
    const host = new Stage(join(folder, `alone-${version}`)).addHost('web1')
    const site = makeSite(host)
    for (let left = 10; ; left--) {
      const archive = join(host.folder, 'archive')
      const user = await exchange(WWW, join(site, 'SITE'), ['pages', 'link'])
      const words = ['full', '--no-encryption', `--archive-dir=${host.folder}/cache`, site, `file://${archive}`]
      await output('duplicity', words, '', { env: await environment() })
      await user.end()
      if (contentOf(archive, process.env).includes('a secret of root')) break
      assert.ok(left > 0, 'the attack does not work any more')
      rmSync(archive, { recursive: true })
    }
  })

  const encryptions: readonly [string, () => HostFile['encryption']][] = [
    ['a passphrase', () => ({ kind: 'passphrase', secret: 'PP', generated: true })],
    ['a key', () => ({ kind: 'gpg', key })],
  ]
  for (const [what, encryption] of encryptions) {
    test(`nightly with duplicity ${version} and ${what} takes none, and says nothing but what held it up`, {
      skip: !isRoot,
    }, async () => {
      const stage = new Stage(join(folder, `${version}-${what}`))
      const host = stage.addHost('web1', { encryption: encryption() } as object)
      const site = makeSite(host)
      const archive = join(stage.archive, 'blog')
      const env = { ...(await environment()), GNUPGHOME: person.home }
      let exchanges = 0
      while (exchanges < EXCHANGES) {
        for (const path of [archive, join(host.folder, 'cache'), join(host.folder, 'state')])
          rmSync(path, { recursive: true, force: true })
        const user = await exchange(WWW, join(site, 'SITE'), ['pages', 'link'])
        const ended = await stage.nightly(host, ['--json', '--new-machine'], env)
        exchanges += await user.end()
        assert.ok(!contentOf(archive, env).includes('a secret of root'), `after ${exchanges} exchanges`)
        for (const failure of troubles(readJson(ended))) assert.match(failure, HELD_UP)
      }
    })
  }
}
