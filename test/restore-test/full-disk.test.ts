import assert from 'node:assert/strict'
import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'
import { Stage } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'
import { testRestores } from '../support/test-restores.ts'

/** Writes as fast as a disk would that has seconds of room. */
const FILLING = `<?php
for ($n = 0; $n < 100000; $n++) { file_put_contents("fill$n", str_repeat('x', 1 << 18)); usleep(10000); }
`

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => disk.unmount())
  const folder = ownFolder('restore-test-disk')
  const stage = new Stage(folder)
  const fields = { duplicity: { volumeSize: 1 } } as object
  const host = stage.addHost('web1', fields)
  const disk = new SmallDisk(join(host.folder, 'cache'), '96M')

  test('a restored site that fills the disk is ended while there is room, and what does not fit is not fetched', async () => {
    const site = await createStaticSite(host, 'filling')
    writeFileSync(join(site, 'SITE', 'index.php'), FILLING)
    await new DatedNights(stage, host, 'filling', fields).backUp(Date.parse('2026-01-05T03:00:00Z'))
    const { points, test: tested } = await testRestores(stage, host, 'filling', fields)
    const question = { urls: ['http://127.0.0.1/index.php'] }
    const free = disk.freeBytes
    await assert.rejects(tested(points[0]!, question), /it wrote more than the disk of .*cache has room for/)
    assert.ok(disk.freeBytes > free - 1e6, 'all of it is gone')
    disk.fill(500_000)
    await assert.rejects(tested(points[0]!, question), /there is no room for it on the disk of .*cache: /)
    assert.deepEqual(globSync(join(host.folder, 'cache/duplicity/tmp/*')), [])
  })
}
