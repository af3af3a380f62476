import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { recipe } from '../../lib/engine/recipe.ts'
import { vpn } from '../../lib/steps/vpn.ts'
import { hostIn, ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { notesOf, perform } from '../support/perform.ts'
import { SmallDisk } from '../support/small-disk.ts'

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => disk.unmount())
  const folder = ownFolder('leases')
  const disk = new SmallDisk(join(folder, 'run'), '64k')
  const on = join(folder, 'on')
  const settings = { kind: 'commands', name: 'home', up: ['touch', on], down: ['rm', on], isUp: ['test', '-e', on], timeout: 5 }
  const host = hostIn(folder, { vpn: settings } as object)
  const hold = (during: () => void) => {
    const work = { name: 'work', title: 'work', run: async () => during() }
    return perform(recipe<{ host: typeof host }>().hold(vpn).do(work), { host })
  }

  test('a VPN that goes off after its disk became read-only: what stays on the disk is told, and gone after the next run', async () => {
    const spoiled = await hold(() => disk.mayWrite(false))
    assert.ok(!existsSync(on))
    assert.match(
      notesOf(spoiled).join('\n'),
      /^problem: it is off: .*switched-on-by-holdfast cannot be written: its disk is read-only \(EROFS\)\. The next run takes it for its own/,
    )
    disk.mayWrite(true)
    const next = await hold(() => assert.ok(existsSync(on)))
    assert.deepEqual([notesOf(next), existsSync(on)], [[], false])
    rmSync(on, { force: true })
    assert.ok(!existsSync(join(disk.folder, 'vpn/home/switched-on-by-holdfast')))
  })
}
