import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, beforeEach, test } from 'node:test'
import { isMountPoint } from '../../lib/core/path.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { Host } from '../../lib/inventory/schema.ts'
import { archiveMount } from '../../lib/steps/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { fieldsIn, hostIn, ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { notesOf, perform, story } from '../support/perform.ts'
import { fakeProgram, pathWith, whilePathHas } from '../support/programs.ts'
import { type Holder, startHolder } from '../support/start-holder.ts'

if (inOwnMounts(import.meta.filename)) {
  after(() => execFileSync('umount', ['--recursive', share])) // before the folder is removed
  const folder = ownFolder('shared-mount')
  const [share, mountPoint, diary, bin] = ['share', 'mount point', 'diary', 'bin'].map(name => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  for (const path of [share, mountPoint]) mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', 'share', share])
  writeFileSync(join(share, '.holdfast-identity'), 'known\n')
  const sh = (script: string): string[] => ['sh', '-c', script]
  const by = {
    kind: 'commands' as const,
    up: sh(`echo up >> '${diary}'; mount --bind '${share}' '${mountPoint}'`),
    down: sh(`echo down >> '${diary}'; umount '${mountPoint}'`),
  }
  const fields = fieldsIn(folder, { archive: { kind: 'mount', mountPoint, by, timeout: 20 } })
  const host = hostIn(folder, fields)
  const isMounted = () => isMountPoint(readFileSync('/proc/self/mountinfo', 'utf8'), mountPoint)
  const told = () => readFileSync(diary, 'utf8').split('\n').filter(Boolean)

  beforeEach(() => {
    while (isMounted()) execFileSync('umount', [mountPoint])
    rmSync(host.paths.run, { recursive: true, force: true })
    writeFileSync(diary, '')
  })

  const run = (during: () => unknown = () => {}, on: Host = host) => {
    const work = async (): Promise<void> => void (await during())
    const chain = recipe<Needs<'host' | 'interrupted' | 'vpnLease'>>()
      .hold(archiveMount)
      .do({ name: 'work', title: 'work', run: work })
    return perform(chain, { host: on, interrupted: undefined, vpnLease: 'none' })
  }
  const leases = () =>
    readdirSync(join(host.paths.run, 'mounts', encodeURIComponent(mountPoint))).filter(name => /^lease/.test(name))

  const switched = () => [isMounted(), told()]

  test('a look that begins and ends during a run leaves the share to it', async () => {
    await run(async () => {
      const outcomes = await (await startHolder('look', host)).release()
      assert.deepEqual(story(outcomes), ['mount up done', 'wait do done', 'mount down done'])
      assert.ok(isMounted())
    })
    assert.deepEqual(switched(), [false, ['up', 'down']])
  })

  test('a look that goes on after a run keeps the share, and unmounts it at its own end', async () => {
    const looks: Holder[] = []
    const performed = await run(async () => looks.push(await startHolder('look', host)))
    assert.equal(notesOf(performed).at(-1), `info: ${mountPoint} stays mounted for another program of Holdfast`)
    assert.ok(isMounted())
    await looks[0]!.release()
    assert.deepEqual([switched(), leases()], [[false, ['up', 'down']], []])
  })

  test('a run that begins and ends during a look leaves the share to it', async () => {
    const look = await startHolder('look', host)
    const performed = await run()
    assert.equal(notesOf(performed)[0], `info: ${mountPoint} is mounted, for another program of Holdfast too`)
    assert.ok(isMounted())
    await look.release()
    assert.deepEqual(switched(), [false, ['up', 'down']])
  })

  test('a run that goes on after a look keeps the share, and unmounts it at its own end', async () => {
    const look = await startHolder('look', host)
    await run(async () => {
      await look.release()
      assert.ok(isMounted())
    })
    assert.deepEqual([switched(), leases()], [[false, ['up', 'down']], []])
  })

  test('looks and a run that begin at the same moment mount once', async () => {
    const holders = await Promise.all((['look', 'mount', 'look'] as const).map(what => startHolder(what, host)))
    assert.deepEqual(told(), ['up'])
    await Promise.all(holders.map(holder => holder.release()))
    assert.deepEqual(switched(), [false, ['up', 'down']])
  })

  for (const what of ['mount', 'look'] as const) {
    test(`what a killed ${what} left mounted goes with the next run, but not under a look that still uses it`, async () => {
      const look = await startHolder('look', host)
      const killed = await startHolder(what, host)
      await look.release()
      await killed.kill('SIGKILL')
      assert.ok(isMounted())
      const performed = await run(() => assert.ok(isMounted()))
      assert.deepEqual(notesOf(performed), [
        `info: ${mountPoint} was left mounted by a run that was killed`,
        `info: ${mountPoint} is offline again`,
      ])
      assert.deepEqual([isMounted(), told(), leases()], [false, ['up', 'down'], []])
    })

    test(`a ${what} that is stopped by a signal unmounts`, async () => {
      const holder = await startHolder(what, host)
      await holder.kill('SIGTERM')
      assert.deepEqual(switched(), [false, ['up', 'down']])
    })
  }

  test('what a person had mounted stays, also after a run that was killed', async () => {
    execFileSync('mount', ['--bind', share, mountPoint])
    await (await startHolder('mount', host)).kill('SIGKILL')
    const performed = await run()
    assert.deepEqual(notesOf(performed), [`warning: ${mountPoint} was mounted already`])
    assert.deepEqual(switched(), [true, []])
  })

  test('a share that a person unmounted under a look is mounted anew for the run', async () => {
    const look = await startHolder('look', host)
    execFileSync('umount', [mountPoint])
    await run(() => assert.ok(isMounted()))
    await look.release()
    assert.deepEqual(switched(), [false, ['up', 'up', 'down']])
  })

  test('a mount that nothing is behind is taken off and mounted anew', async () => {
    execFileSync('mount', ['--bind', share, mountPoint])
    const stale = join(folder, 'stale')
    writeFileSync(stale, '')
    fakeProgram(
      bin,
      'stat',
      `if [ -e '${stale}' ]; then rm '${stale}'; echo "stat: cannot read: Transport endpoint is not connected" >&2; exit 1; fi; PATH=$REAL exec stat "$@"`,
    )
    const performed = await whilePathHas(bin, () => run(() => assert.ok(isMounted())))
    assert.match(
      notesOf(performed).join('\n'),
      /warning: .* nothing is behind it: mounting it anew\ninfo: .* was mounted by commands/,
    )
    assert.deepEqual(switched(), [false, ['down', 'up', 'down']])
  })

  test('a look by somebody who may not write where leases are sees what is mounted, and leaves it so', async () => {
    await run()
    execFileSync('mount', ['--bind', host.paths.run, host.paths.run])
    execFileSync('mount', ['-o', 'remount,bind,ro', host.paths.run])
    try {
      const unmounted = await startHolder('look', host)
      assert.match(story(await unmounted.release())[0]!, /mount-for-look up failed: EROFS/)
      execFileSync('mount', ['--bind', share, mountPoint])
      const holder = await startHolder('look', host)
      assert.deepEqual(story(await holder.release()), ['mount-for-look up done', 'wait do done', 'mount-for-look down done'])
      assert.deepEqual(switched(), [true, ['up', 'down']])
    } finally {
      execFileSync('umount', [host.paths.run])
    }
  })

  /** Starts the task itself. */
  function status(...words: string[]) {
    mkdirSync(join(folder, 'hosts'), { recursive: true })
    mkdirSync(host.vhosts, { recursive: true })
    writeFileSync(join(folder, 'hosts', 'web1.json'), JSON.stringify(fields))
    const task = join(import.meta.dirname, '../../tasks/status.ts')
    const all = [task, '--host', 'web1', '--inventory', join(folder, 'hosts'), ...words]
    const child = spawn(process.execPath, all, { env: { ...process.env, PATH: pathWith(bin) } })
    return { child, ended: Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]) }
  }

  test('status.ts mounts for its look, alone and beside a run; --mounted mounts nothing', async () => {
    const [table, , [code]] = await status().ended
    assert.deepEqual([code, isMounted(), told()], [0, false, ['up', 'down']], table)
    await run(async () => {
      const [beside, , [also]] = await status().ended
      assert.deepEqual([also, isMounted()], [0, true], beside)
    })
    assert.deepEqual(switched(), [false, ['up', 'down', 'up', 'down']])
    const [nothing, , [one]] = await status('--mounted').ended
    assert.deepEqual([one, told().length, isMounted()], [1, 4, false], nothing)
    assert.match(nothing, /PROBLEM Check the archive, read-only: .*mount point is not the archive/)
  })

  test('status.ts that is stopped in the middle of its look unmounts', async () => {
    const here = join(folder, 'here')
    fakeProgram(bin, 'setpriv', `echo > '${here}'; exec sleep 300`) // which begins the process that works on shares
    const look = status()
    while (!(existsSync(here) && isMounted()) && look.child.exitCode === null)
      await new Promise(resolve => setTimeout(resolve, 20))
    assert.ok(isMounted())
    look.child.kill('SIGTERM')
    const [said, , [code]] = await look.ended
    assert.deepEqual([code, isMounted(), told()], [143, false, ['up', 'down']], said)
  })
}
