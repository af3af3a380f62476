import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { Stage, type StageHost } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('recover-mounts')
  const disk = join(folder, 'disk')
  const stage = new Stage(folder)
  const [host, other] = ['web1', 'web2'].map(name => stage.addHost(name)) as [StageHost, StageHost]
  const mounted: string[] = []
  const mount = (point: string): void => {
    mkdirSync(point, { recursive: true })
    execFileSync('mount', ['--bind', disk, point])
    mounted.push(point)
  }
  const unmountAll = (): void => {
    for (const point of mounted.splice(0)) execFileSync('umount', [point])
  }
  const recover = (...words: string[]) => runTask(stage, 'recover', host, ['--site', 'blog', '--yes', ...words])
  mkdirSync(disk)
  writeFileSync(join(disk, 'photo'), 'the only one')
  const site = await createStaticSite(host, 'blog')
  mkdirSync(join(site, 'SITE/uploads'))
  writeFileSync(join(site, 'SITE/uploads/a.txt'), 'a')
  assert.equal((await stage.nightly(host)).code, 0)

  afterEach(unmountAll)

  test('recover refuses what has a mount in it, by name, and before anything is restored', async () => {
    mount(join(site, 'SITE/media'))
    writeFileSync(join(site, 'SITE/uploads/a.txt'), 'live')
    const was = snapshot(site)
    for (const words of [
      [],
      ['--files-only'],
      ['--path', 'SITE'],
      ['--path', 'SITE/media'],
      ['--path', 'SITE/media/gone'],
      ['--dry-run'],
    ]) {
      const { code, stdout, stderr } = await recover(...words)
      assert.equal(code, 1, `${words}: ${stdout}\n${stderr}`)
      assert.match(stdout, /SITE\/media is a mount, and .* would be replaced with it: unmount it first/)
      assert.ok(!existsSync(join(host.vhosts, '.holdfast')))
    }
    assert.deepEqual(snapshot(site), was)
    const beside = await recover('--path', 'SITE/uploads')
    assert.equal(beside.code, 0, beside.stdout)
    assert.equal(readFileSync(join(site, 'SITE/uploads/a.txt'), 'utf8'), 'a')
  })

  test('recover --undo refuses what was mounted since, and what a mount lies in is never deleted', async () => {
    assert.equal((await recover()).code, 0)
    mount(join(site, 'SITE/media'))
    const undone = await recover('--undo')
    assert.equal(undone.code, 1)
    assert.match(undone.stdout, /SITE\/media is a mount/)
    unmountAll()
    const [held] = globSync(join(host.vhosts, '.holdfast/blog/*/tree/SITE'))
    mount(join(held!, 'media'))
    const journal = join(host.folder, 'state/restores/blog.json')
    const old = readFileSync(journal, 'utf8').replace(
      /"startedAt": (\d+)/g,
      (_, time) => `"startedAt": ${time - 400 * 86_400_000}`,
    )
    writeFileSync(journal, old)
    const next = await stage.nightly(host)
    assert.equal(next.code, 1)
    assert.match(
      next.stdout,
      /media is a mount, in what an earlier restore of blog keeps: it is not deleted before that is unmounted/,
    )
    assert.ok(existsSync(join(held!, 'uploads/a.txt')))
    unmountAll()
    assert.equal((await stage.nightly(host)).code, 0)
    assert.ok(!existsSync(held!))
  })

  test('a replica with a mount in it is not replaced', async () => {
    cpSync(site, join(other.vhosts, 'blog'), { recursive: true })
    mount(join(other.vhosts, 'blog/SITE/media'))
    const { code, stdout } = await stage.nightly(other)
    assert.equal(code, 1)
    assert.match(stdout, /SITE\/media is a mount/)
    assert.ok(!existsSync(join(other.vhosts, '.holdfast')))
    unmountAll()
    const next = await stage.nightly(other)
    assert.equal(next.code, 0, next.stdout)
    assert.equal(readFileSync(join(disk, 'photo'), 'utf8'), 'the only one')
  })
}
