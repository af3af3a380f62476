import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, readlinkSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failingShare } from '../support/failing-share.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { runTask } from '../support/recovering.ts'
import { Stage, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

if (inOwnMounts(import.meta.filename)) {
  test('a replica keeps what its owner could not read, and recover says what a backup lacks', async () => {
    const stage = new Stage(quickFolder('unread-replica'))
    const [web1, web2] = [stage.addHost('web1'), stage.addHost('web2')]
    const site = await createStaticSite(web1, 'blog')
    const point = join(site, 'SITE', 'share')
    mkdirSync(point)
    await using share = await failingShare(point)
    try {
      assert.deepEqual(verdicts(await stage.told(web1)), [])
      assert.deepEqual(verdicts(await stage.told(web2)), [])
      const here = join(web2.vhosts, 'blog/SITE/share')
      share.fails(true)
      symlinkSync('/etc', join(site, 'SITE', 'new'))
      const night = await stage.told(web1)
      assert.match(verdicts(night)[0]!, /^blog needs attention: .*SITE\/share\/closed\.txt, SITE\/share\/locked/)
      assert.equal(night.exitCode, 1)
      const replay = await stage.told(web2)
      assert.deepEqual(verdicts(replay), [])
      assert.match(replay.stdout, /stays as it is here: SITE\/share\/closed\.txt; .*; 2 more/)
      assert.equal(readlinkSync(join(web2.vhosts, 'blog/SITE/new')), '/etc')
      for (const [path, text] of [
        ['closed.txt', 'closed'],
        ['locked/deep.txt', 'deep'],
        ['unlisted/inner.txt', 'inner'],
        ['unseen.txt', 'unseen'],
      ] as const)
        assert.equal(readFileSync(join(here, path), 'utf8'), text)
      assert.equal(statSync(join(here, 'torn.txt')).size, 400_000)
      share.fails(false)
      const listed = await runTask(stage, 'recover', web1, ['--site', 'blog', '--list'])
      assert.match(listed.stdout, /incremental.*, without what could not be read when it was made \(SITE\/share\/closed\.txt; /)
    } finally {
      execFileSync('umount', ['--lazy', point])
    }
  })
}
