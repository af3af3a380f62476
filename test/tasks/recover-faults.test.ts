import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { serve, type WebServer } from '../../lib/sandbox/web.ts'
import { corrupt, craftChanged, keepArchive } from '../support/crafted-set.ts'
import { makeApache } from '../support/made-up-apache.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { createProofSite, type ProofSite, type State, setVersion, stateOf } from '../support/proof-site.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { assertNothingLeft, recover, startTask } from '../support/recovery-stage.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, Stage, type StageHost, troubles } from '../support/stage.ts'

if (inOwnMounts(import.meta.filename)) {
  const mounted: string[] = []
  after(() => {
    for (const place of mounted) execFileSync('umount', ['--lazy', place])
  })
  const folder = quickFolder('faults')
  const [bin, apache, vhosts, data] = ['bin', 'apache', 'web1/vhosts', 'db'].map(name => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  const archive = join(folder, 'nas', 'shop')
  let stage: Stage
  let host: StageHost
  let mariadb: Mariadb
  let site: ProofSite
  let web: WebServer
  let live: State
  let restoreArchive: () => void

  before(async () => {
    for (const place of [vhosts, data]) mkdirSync(place, { recursive: true })
    mounted.push(vhosts, data)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=60M', 'vhosts', vhosts])
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=250M', 'db', data])
    mariadb = await startMariadb(data)
    const webServer = makeApache(apache)
    stage = new Stage(folder)
    site = await createProofSite(vhosts, 'shop', 'shop', mariadb)
    web = await serve(site.root, { socket: mariadb.socket })
    const sites = { shop: { check: { url: `${web.url}/`, expect: 'file=' } } }
    const encryption = { kind: 'passphrase', secret: 'PP', generated: true }
    host = stage.addHost('web1', { webServer, sites, database: { socket: mariadb.socket } } as object)
    const fields = { vhosts, webServer, sites, encryption, archive: { kind: 'folder', path: join(folder, 'nas2') } }
    stage.addHost('locked', { ...fields, name: 'web1', database: { socket: mariadb.socket } } as object)
    claim(site.folder, host)
    writeFileSync(join(site.root, 'large'), randomBytes(8_000_000))
    await mariadb.query(`INSERT INTO wp_posts (title) SELECT REPEAT('text ', 10000) FROM seq_1_to_120`, 'shop')
    await setVersion(site, 'set')
    assert.equal((await startTask(stage, host, 'nightly', []).ended).code, 0)
    await setVersion(site, 'live')
    live = await stateOf(site)
    restoreArchive = keepArchive(archive)
  })
  beforeEach(() => {
    restoreArchive()
    rmSync(join(host.folder, 'cache'), { recursive: true, force: true })
  })
  after(async () => {
    await web.stop()
    await mariadb.stop()
  })

  /** What the site shows once PHP's code cache, which looks at files every two seconds, has seen that it was put back. */
  const pageOnceSettled = async (): Promise<string> => {
    let body = ''
    for (let tries = 0; tries < 20 && !body.startsWith('file=live'); tries += 1) {
      if (tries > 0) await new Promise(resolve => setTimeout(resolve, 500))
      body = (await web.get('/')).body
    }
    return body
  }
  const isAsBefore = async () => {
    assert.deepEqual(await stateOf(site), live)
    assert.match(await pageOnceSettled(), /^file=live database=live/)
    await assertNothingLeft(host, 'shop', mariadb)
  }
  /** A recovery that fails, says why in one line, and leaves the site as it was. */
  async function fails(why: RegExp, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const told = await recover(stage, host, 'shop', [], env)
    assert.equal(
      told.code,
      1,
      told.outcomes.map(({ step, notes }) => `${step}: ${notes.map(({ text }) => text).join()}`).join('\n'),
    )
    assert.equal(troubles(told).length, 1, troubles(told).join('\n'))
    assert.match(troubles(told)[0]!, why)
    await isAsBefore()
  }
  /** Commands of a bwrap that is not itself, for when it starts duplicity: the database's client begins before. */
  const whenFetching = (commands: string) => `case "$*" in *duplicity*) ${commands} ;; esac`
  const volume = () => join(archive, readdirSync(archive).find(name => name.includes('.vol1.'))!)
  const changed = (change: (copy: string) => void) => craftChanged(site.folder, archive, change)

  test('a corrupt volume', async () => {
    corrupt(volume(), path => readFileSync(path))
    await fails(/restore-files: .*volume.* corrupt.*: duplicity-full\..*\.vol1\.difftar\.gz is not what its manifest says/)
  })
  test('a missing volume', async () => {
    rmSync(volume())
    await fails(/choose: the backup of .* cannot be restored: .* volume 1 is missing/)
  })
  test('the archive is gone while it restores', async () => {
    fakeProgram(bin, 'bwrap', `PATH=$REAL; ${whenFetching(`rm -r ${archive}`)}; exec bwrap "$@"`)
    await fails(/restore-files: /, { PATH: pathWith(bin) })
    rmSync(join(bin, 'bwrap'))
  })
  test('a dump in the set that was cut short', async () => {
    await changed(copy => truncateSync(join(copy, '.holdfast', 'database.tables', '2-table-wp_posts.sql'), 300))
    await fails(/check-files: the database dump in the set is not complete/)
  })
  test('the disk is full while the files are restored, though it had room when they began', async () => {
    const ballast = join(vhosts, 'ballast')
    const { bavail, bsize } = statfsSync(vhosts)
    const fill = `head -c ${bavail * bsize - 4_000_000} /dev/zero > ${ballast}`
    fakeProgram(bin, 'bwrap', `PATH=$REAL; ${whenFetching(fill)}; exec bwrap "$@"`)
    await fails(/restore-files: .*(no space|full)/i, { PATH: pathWith(bin) })
    for (const each of [ballast, join(bin, 'bwrap')]) rmSync(each)
  })
  test('a disk of the database server that is too small is told before anything is fetched, or before the import', async () => {
    const ballast = join(data, 'ballast')
    const { bavail, bsize } = statfsSync(data)
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - 500_000, 1))
    await fails(
      /^run restore-space: not enough disk space for the restore on the disk of .*\/db.* --into .* --files-only or --path\. Nothing was fetched$/,
    )
    // of an older backup nobody knows how large its dump is, until that is there
    const sizes = join(archive, '.holdfast-sets')
    renameSync(sizes, `${sizes}.away`)
    await fails(/^run import: not enough disk space .*on the disk of .*\/db.* with --files-only or --path$/)
    renameSync(`${sizes}.away`, sizes)
    rmSync(ballast)
  })
  test('the disk of the database server is full while it imports', async () => {
    const ballast = join(data, 'ballast')
    const { bavail, bsize } = statfsSync(data)
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - 3_000_000, 1))
    const told = await recover(stage, host, 'shop')
    rmSync(ballast)
    assert.equal(told.code, 1)
    assert.match(troubles(told).join('\n'), /^run import: the dump cannot be imported: .*(full|space|ERROR 1114)/m)
    await isAsBefore()
  })
  test('the database server stops while it imports, and is there again for the next run', async () => {
    fakeProgram(
      bin,
      'bwrap',
      `PATH=$REAL; case "$*" in *--database=hf_*) kill -9 ${mariadb.pid}; sleep 0.2;; esac; exec bwrap "$@"`,
    )
    const told = await recover(stage, host, 'shop', [], { PATH: pathWith(bin) })
    rmSync(join(bin, 'bwrap'))
    assert.equal(told.code, 1)
    assert.match(troubles(told).join('\n'), /import: the dump cannot be imported: .*connect/i)
    await mariadb.kill()
    mariadb = await startMariadb(data)
    site = { ...site, mariadb }
    const next = await recover(stage, host, 'shop', ['--undo'])
    assert.match(next.stdout, /an interrupted restore was rolled back; the site is as it was before/)
    assert.equal(next.code, 0)
    await isAsBefore()
  })
  test('a configuration of Apache in the set that fails its test stays out, and the rest is restored', async () => {
    const was = snapshot(apache)
    const text = readFileSync(join(apache, 'sites-available/shop.conf'), 'utf8')
    const unknown = text.replace('</VirtualHost>', 'Header set X-A b\n</VirtualHost>')
    await changed(copy => writeFileSync(join(copy, '.holdfast/web-server/sites-available/shop.conf'), unknown))
    const told = await recover(stage, host, 'shop')
    assert.equal(troubles(told).length, 1)
    assert.match(troubles(told)[0]!, /system-files: incomplete: shop\.conf of its backup is not in force yet, .*'Header'/)
    assert.deepEqual(withoutTimes(snapshot(apache)), withoutTimes(was))
    assert.equal((await recover(stage, host, 'shop', ['--undo'])).code, 0)
    await isAsBefore()
  })
  test('a site that no longer answers as it did', async () => {
    await changed(copy => writeFileSync(join(copy, 'SITE', 'index.php'), '<?php http_response_code(500);'))
    await fails(/http-check-after: it answered HTTP 200 before and HTTP 500 after the restore/)
  })
  test('a wrong passphrase', async () => {
    const locked = { ...host, name: 'locked' }
    mkdirSync(join(folder, 'nas2'), { recursive: true })
    assert.equal((await startTask(stage, locked, 'nightly', []).ended).code, 0)
    live = await stateOf(site)
    writeFileSync(join(folder, '.env'), `PP=${'f'.repeat(64)}\n`)
    rmSync(join(folder, 'locked', 'cache'), { recursive: true, force: true })
    host = locked
    await fails(/decryption: .* is encrypted with another passphrase than this host has/)
    host = { ...host, name: 'web1' }
  })
  test('a web server whose configuration is broken already is left alone, and the rest is restored', async () => {
    const was = snapshot(apache)
    appendFileSync(join(apache, 'other.conf'), 'Broken yes\n')
    await changed(copy => appendFileSync(join(copy, '.holdfast/web-server/sites-available/shop.conf'), '# of the set\n'))
    const told = await recover(stage, host, 'shop')
    rmSync(join(apache, 'other.conf'))
    assert.match(troubles(told).join('\n'), /incomplete: shop\.conf of its backup is not in force yet, .*Broken/)
    assert.deepEqual(withoutTimes(snapshot(apache)), withoutTimes(was))
  })
}

/** The time of a folder changes when something was in it for a while. */
function withoutTimes(found: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(found)
      .filter(([path]) => !/^(reloaded|\.holdfast)/.test(path))
      .map(([path, what]) => [path, what.startsWith('folder') ? 'folder' : what]),
  )
}
