import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { recordsIn } from '../../lib/store/record-lines.ts'
import { ownFolder } from '../support/host.ts'
import { onTerminal } from '../support/on-terminal.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { fakeProgram, pathWith } from '../support/programs.ts'
import { runTask } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { Stage } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

if (inOwnMounts(import.meta.filename)) {
  const mounted: string[] = []
  after(() => {
    for (const place of mounted) execFileSync('umount', ['--lazy', place])
  })
  const folder = ownFolder('restore-room')
  const stage = new Stage(folder)
  const [host, replica, look] = [stage.addHost('web1'), stage.addHost('web2'), join(folder, 'look')]
  const small = (place: string, megabytes: number): void => {
    mkdirSync(place, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}M`, 'small', place])
    mounted.push(place)
  }
  small(host.vhosts, 20)
  small(replica.vhosts, 4)
  small(look, 4)
  const site = await createStaticSite(host, 'blog')
  await createStaticSite(host, 'tiny')
  // what packs well: only what was written down of the first night tells how large it is
  writeFileSync(join(site, 'SITE/a.txt'), Buffer.alloc(6_000_000, 'a'))
  assert.equal((await stage.nightly(host)).code, 0)
  // the newest set brings very little, and is small only by itself
  writeFileSync(join(site, 'SITE/live.txt'), 'live')
  assert.equal((await stage.nightly(host)).code, 0)

  /** A disk that is nearly full for as long as something is done. */
  const withOnly = async (megabytes: number, work: () => Promise<void>): Promise<void> => {
    const ballast = join(host.vhosts, 'ballast')
    const { bavail, bsize } = statfsSync(host.vhosts)
    writeFileSync(ballast, randomBytes(bavail * bsize - megabytes * 1_000_000))
    await work().finally(() => rmSync(ballast))
  }
  /** Whatever is fetched is fetched by way of bubblewrap, and that is written down here. */
  const [bin, called] = [join(folder, 'bin'), join(folder, 'called')]
  fakeProgram(bin, 'bwrap', `touch ${called}; PATH=$REAL; exec bwrap "$@"`)
  const env = { PATH: pathWith(bin) }
  const recover = (...words: string[]) => runTask(stage, 'recover', host, ['--site', 'blog', ...words], env)
  const ON_SITES =
    /not enough disk space for the restore on the disk of [^;]*\/web1\/vhosts: [34]\.\d\d MB free, 6\.\d\d MB required\. Free some room there, or restore with --into a folder on another disk, or bring back less with --path\. Nothing was fetched/

  test('the size of a site is written down beside its archive, a line a set', () => {
    const sizes = recordsIn(readFileSync(join(stage.archive, 'blog/.holdfast-sets'), 'utf8'))
    assert.equal(sizes.length, 2)
    for (const { bytes, files, dump } of sizes) {
      assert.ok(bytes! > 6_000_000 && bytes! < 6_000_000 + files! * 5000, String(bytes))
      assert.equal(dump, undefined)
    }
  })

  test('recover says at once that the disk is too small, with exit code 1: nothing is fetched, and nothing touched', async () => {
    const was = snapshot(site)
    await withOnly(4, async () => {
      for (const words of [['--yes'], ['--dry-run']]) {
        const { code, stdout } = await recover(...words)
        assert.equal(code, 1, stdout)
        assert.match(stdout, ON_SITES)
        assert.ok(!existsSync(called), 'something was fetched')
        assert.ok(!existsSync(join(host.vhosts, '.holdfast')))
      }
    })
    assert.deepEqual(snapshot(site), was)
  })

  test('recover --path is not held up: nobody knows how large a part is', async () => {
    await withOnly(4, async () => assert.equal((await recover('--yes', '--path', 'SITE/live.txt')).code, 0))
    assert.ok(existsSync(called))
  })

  test('recover --into looks at the disk of that folder', async () => {
    rmSync(called)
    const { code, stdout } = await recover('--into', join(look, 'new'))
    assert.equal(code, 1)
    assert.match(
      stdout,
      /not enough disk space for the restore on the disk of .*\/look\/new: \d\.\d+ MB free, 6\.\d\d MB required/,
    )
    assert.ok(!existsSync(called) && !existsSync(join(look, 'new')))
  })

  test('recover --into says first that a folder cannot be taken, with exit code 2, and then that it has no room', async () => {
    const used = join(look, 'used')
    mkdirSync(used)
    writeFileSync(join(used, 'a.txt'), 'of somebody')
    await withOnly(4, async () => {
      for (const [into, why] of [
        [used, /wanted a folder that is empty or not there yet/],
        [join(host.vhosts, 'new'), /that is among the sites of this host/],
      ] as const) {
        const { code, stdout } = await recover('--into', into)
        assert.equal(code, 2, stdout)
        assert.match(stdout, why)
        assert.doesNotMatch(stdout, /not enough disk space/)
      }
    })
    rmSync(used, { recursive: true })
  })

  test('recover says what it needs with its question', async () => {
    const task = join(import.meta.dirname, '../../tasks/recover.ts')
    const words = [process.execPath, task, '--host', 'web1', '--inventory', join(stage.folder, 'hosts'), '--site', 'blog']
    const { code, said } = await onTerminal(words, 'Type yes: ', { keys: 'no\n' })
    assert.equal(code, 2)
    assert.match(
      said,
      /disk space for the restore on the disk of [^\n]* MB free, 6\.\d\d MB required[^\n]*\.\r?\nReplace the live/,
    )
  })

  test('a replica that has no room fails by that line, and the others are replayed', async () => {
    const { code, stdout } = await stage.nightly(replica)
    assert.equal(code, 1)
    assert.match(
      stdout,
      /blog.*not enough disk space for the restore on the disk of .*\/web2\/vhosts: \d\.\d+ MB free, 6\.\d\d MB required\. Free some room there\. Nothing was fetched/,
    )
    assert.ok(existsSync(join(replica.vhosts, 'tiny/SITE/index.html')))
    assert.ok(!existsSync(join(replica.vhosts, 'blog')) && !existsSync(join(replica.vhosts, '.holdfast/blog')))
  })

  test('a set of which no size was written down is refused only when its own volumes have no room, and these are small', async () => {
    rmSync(join(stage.archive, 'blog/.holdfast-sets'))
    await withOnly(4, async () => assert.equal((await recover('--dry-run')).code, 0))
  })
}
