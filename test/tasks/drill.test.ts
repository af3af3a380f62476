import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMariadb } from '../../lib/sandbox/mariadb.ts'
import { ownFolder } from '../support/host.ts'
import { createProofSite, type ProofSite, setVersion } from '../support/proof-site.ts'
import { startTask } from '../support/recovery-stage.ts'
import { claim, Stage, type Told, troubles, verdicts } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('drill')
const mariadb = await startMariadb(join(folder, 'db'))
after(() => mariadb.stop())
const stage = new Stage(join(folder, 'stage'))
const host = stage.addHost('web1', { database: { socket: mariadb.socket }, drillTime: 300 } as object)

/** What the drill of a night said of which site. */
const drillsIn = ({ outcomes }: Told): string[] =>
  outcomes
    .filter(({ step }) => step === 'restore-drill')
    .flatMap(({ subject, notes }) => notes.map(({ text }) => `${subject}: ${text}`))

test('each night one site more is drilled: that it works is known from then on, and that its backup cannot be brought back is a problem', async () => {
  const shop: ProofSite = await createProofSite(host.vhosts, 'shop', 'dr_shop', mariadb)
  claim(shop.folder, host)
  await setVersion(shop, 'first')
  const plain = await createStaticSite(host, 'plain')
  const first = await stage.told(host)
  assert.deepEqual(troubles(first), [])
  assert.match(
    drillsIn(first).join(),
    /^plain: restore drill of the backup of 20\S+ \S+ UTC: restored in .+, works: HTTP 200; a recovery of it would take about/,
  )

  writeFileSync(join(plain, 'SITE', 'index.html'), '')
  const second = await stage.told(host)
  assert.match(drillsIn(second).join(), /^shop: .*, its database imported in .+, works: HTTP 200/)
  const listed = await startTask(stage, host, 'recover', ['--site', 'shop', '--list']).ended
  assert.match(listed.stdout, /works/)

  const third = await stage.told(host)
  assert.match(drillsIn(third).join(), /^plain: .*does not work: HTTP 200, but an empty page/)
  assert.match(verdicts(third).join(), /^plain needs attention: restore drill of /, 'it worked in an earlier one')
  assert.equal(third.code, 1)
  const status = await startTask(stage, host, 'status').ended
  assert.equal(status.code, 1)
  assert.match(status.stdout, /PROBLEM plain: restore drill of /)
  assert.match(status.stdout, /^Last restore drill: plain \S+ \S+ ago; shop \S+ \S+ ago$/m)
  assert.deepEqual(globSync(join(host.folder, 'cache/duplicity/tmp/*')), [])
  assert.match(readFileSync(join(stage.archive, 'shop/.holdfast-sets'), 'utf8'), /"tests":\[\{"at":/)
})
