import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { ownFolder } from '../support/host.ts'
import { createProofSite, setVersion } from '../support/proof-site.ts'
import { claim, Stage } from '../support/stage.ts'
import { testRestores } from '../support/test-restores.ts'

const folder = ownFolder('restore-test')
const mariadb = await startMariadb(join(folder, 'db'))
after(() => mariadb.stop())
const fields = { database: { socket: mariadb.socket } } as object
const stage = new Stage(join(folder, 'stage'))
const host = stage.addHost('web1', fields)

test('a set is restored, its dump imported and its page asked, while the live site is untouched; nothing is left', async () => {
  const shop = await createProofSite(host.vhosts, 'shop', 'rt_shop', mariadb)
  claim(shop.folder, host)
  const nights = new DatedNights(stage, host, 'shop', fields)
  await setVersion(shop, 'first')
  await nights.backUp(Date.parse('2026-01-05T03:00:00Z'))
  await setVersion(shop, 'second')
  const { points, test: tested, cache } = await testRestores(stage, host, 'shop', fields)
  const well = await tested(points[0]!, { expect: 'file=first database=first' })
  assert.deepEqual([well.works, well.said], [true, 'HTTP 200'])
  assert.ok(well.restored > 0 && well.imported! > 0)
  const other = await tested(points[0]!, { expect: 'file=second' })
  assert.deepEqual([other.works, other.said], [false, 'HTTP 200, without the expected text'])
  assert.deepEqual(globSync(join(cache, 'duplicity/tmp/*')), [])
})
