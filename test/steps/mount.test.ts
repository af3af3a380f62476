import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { isMountPoint } from '../../lib/core/path.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { ArchiveSettings, MountSettings } from '../../lib/inventory/schema.ts'
import { archiveMount } from '../../lib/steps/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { notesOf, outcomeOf, perform, story } from '../support/perform.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('mount')
  const mountPoint = join(folder, 'a mount point')
  const bin = join(folder, 'bin')
  mkdirSync(mountPoint)
  /** There while systemd is asked to mount a share whose server does not answer: it goes on with that after `systemctl start` was killed. */
  const job = join(folder, 'job')
  const isMounted = () => isMountPoint(readFileSync('/proc/self/mountinfo', 'utf8'), mountPoint)
  const mount = () => execFileSync('mount', ['-t', 'tmpfs', 'share', mountPoint])
  const commands = { kind: 'commands', up: ['mount', '-t', 'tmpfs', 'share', mountPoint], down: ['umount', mountPoint] } as const
  const ways: MountSettings['by'][] = [
    { ...commands, up: [...commands.up], down: [...commands.down] },
    { kind: 'fstab' },
    { kind: 'unit', unit: 'mnt-share.mount' },
  ]
  const fstab = join(folder, 'fstab')
  writeFileSync(fstab, `share ${mountPoint.replaceAll(' ', '\\040')} tmpfs noauto 0 0\n`)
  execFileSync('mount', ['--bind', fstab, '/etc/fstab'])
  fakeProgram(
    bin,
    'systemctl',
    `case "$*" in
      'start mnt-share.mount') mount -t tmpfs share '${mountPoint}';;
      'stop mnt-share.mount') umount '${mountPoint}';;
      'start mnt-dead.mount') touch '${job}'; exec sleep 60;;
      'stop mnt-dead.mount') rm -f '${job}';;
      *) exit 5;;
    esac`,
  )

  afterEach(() => {
    if (isMounted()) execFileSync('umount', [mountPoint])
  })

  interface Case {
    by?: MountSettings['by']
    archive?: ArchiveSettings
    during?: () => void
    stop?: AbortSignal
    timeout?: number
  }
  const hold = ({ by = ways[0]!, archive, during = () => {}, stop, timeout = 5 }: Case) => {
    const host = hostIn(folder, { archive: archive ?? { kind: 'mount', mountPoint, by, folder: 'sites/all', timeout } })
    const roots: unknown[] = []
    const work = async ({ mounted }: Needs<'mounted'>) => {
      roots.push(mounted?.root)
      during()
    }
    const chain = recipe<Needs<'host' | 'interrupted' | 'vpnLease'>>()
      .hold(archiveMount)
      .do({ name: 'work', title: 'work', run: work })
    const done = perform(chain, { host, interrupted: undefined, vpnLease: 'none' }, stop ? { stop } : {})
    return whilePathHas(bin, () => done).then(performed => ({ ...performed, roots }))
  }

  for (const by of ways) {
    test(`archiveMount by ${by.kind} mounts for the run only, after a failure too`, async () => {
      const { outcomes, roots } = await hold({ by, during: () => assert.ok(isMounted()) })
      assert.deepEqual(story(outcomes), ['mount up done', 'work do done', 'mount down done'])
      assert.deepEqual(roots, [join(mountPoint, 'sites/all')])
      assert.ok(!isMounted())
      const failed = await hold({ by, during: () => assert.fail('it broke') })
      assert.deepEqual(story(failed.outcomes).at(-1), 'mount down done')
      assert.ok(!isMounted())
    })
  }

  test('archiveMount leaves mounted what was mounted before, and warns', async () => {
    mount()
    const performed = await hold({})
    assert.deepEqual(notesOf(performed), [`warning: ${mountPoint} was mounted already`])
    assert.ok(isMounted())
  })

  test('archiveMount that cannot mount fails with what was said, and begins nothing', async () => {
    const by = { ...commands, up: ['sh', '-c', 'echo mount.nfs: Connection timed out >&2; exit 32'], down: [...commands.down] }
    const { outcomes } = await hold({ by })
    assert.deepEqual(story(outcomes), [
      'mount up failed: sh ended with exit code 32: mount.nfs: Connection timed out',
      'work do skipped: Mount ' + mountPoint + ' failed',
      'mount down done',
    ])
  })

  test('archiveMount unmounts what was mounted by a command that did not end in its time', async () => {
    const up = ['sh', '-c', `mount -t tmpfs share '${mountPoint}'; exec sleep 60`]
    const { outcomes } = await hold({ by: { ...commands, up, down: [...commands.down] }, timeout: 0.5 })
    assert.match(outcomes[0]!.reason!, /did not end within 0\.5 s/)
    assert.ok(!isMounted())
  })

  test('archiveMount leaves no unit behind that would go on mounting', async () => {
    const { outcomes } = await hold({ by: { kind: 'unit', unit: 'mnt-dead.mount' }, timeout: 2 })
    assert.match(outcomes[0]!.reason!, /did not end within 2 s/)
    assert.equal(story(outcomes).at(-1), 'mount down done')
    assert.ok(!existsSync(job))
  })

  test('archiveMount by a unit that is not there says so once', async () => {
    const { outcomes } = await hold({ by: { kind: 'unit', unit: 'mnt-typo.mount' } })
    assert.match(outcomes[0]!.reason!, /systemctl ended with exit code 5/)
    assert.equal(story(outcomes).at(-1), 'mount down done')
  })

  test('archiveMount unmounts after a stop', async () => {
    const stop = new AbortController()
    await hold({ stop: stop.signal, during: () => stop.abort(new Error('stopped')) })
    assert.ok(!isMounted())
  })

  test('archiveMount takes a busy share out of sight, and says that it could not unmount it', async () => {
    let open = 0
    const performed = await hold({
      during: () => {
        writeFileSync(join(mountPoint, 'busy'), '')
        open = openSync(join(mountPoint, 'busy'), 'r')
      },
    })
    closeSync(open)
    const { status, reason } = outcomeOf(performed, 'mount', 'down')
    assert.equal(status, 'failed')
    assert.match(reason!, /^umount ended with exit code 32: .*target is busy/)
    assert.ok(!isMounted())
    assert.ok(!existsSync(join(mountPoint, 'busy')))
  })

  test('archiveMount says so when something else is mounted there too', async () => {
    const performed = await hold({ during: mount })
    assert.match(outcomeOf(performed, 'mount', 'down').reason!, /is still mounted after it was unmounted/)
  })

  test('archiveMount has nothing to do for a folder or a URL', async () => {
    const plain = await hold({ archive: { kind: 'folder', path: join(folder, 'archive') } })
    assert.deepEqual(plain.roots, [join(folder, 'archive')])
    const url = await hold({ archive: { kind: 'url', url: 'sftp://nas/x', options: [], env: [], reads: [] } })
    assert.deepEqual(url.roots, [undefined])
  })
}
