import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { MoveStage } from '../support/move-stage.ts'
import { quickFolder } from '../support/quick-folder.ts'
import type { StageHost } from '../support/stage.ts'

const folder = quickFolder('move')
let servers: Mariadb[]
let moves: MoveStage
let web1: StageHost
let web2: StageHost

before(async () => {
  mkdirSync(join(folder, 'db'))
  servers = await Promise.all(['a', 'b'].map(name => startMariadb(join(folder, 'db', name))))
  moves = await MoveStage.begin(join(folder, 'stage'), ['web1', 'web2'], servers)
  ;[web1, web2] = moves.hosts as [StageHost, StageHost]
})
after(async () => {
  for (const server of servers) await server.stop()
})

test('handover --dry-run rehearses the move in a sandbox, says what it would take, and changes nothing', async () => {
  const said = await moves.handover(web1, web2, ['--dry-run'])
  assert.match(said, /freeze \d+ s, takeover \d+ s/)
  assert.equal(await moves.read(web1), 'one one')
  assert.deepEqual(moves.writers(), ['web1'])
  assert.deepEqual(moves.owners(), ['web1'])
})

test('a site is handed over and taken over with all that was written up to the freeze', async () => {
  await moves.write('two', web1)
  const said = await moves.handover(web1, web2)
  assert.match(said, /blog is handed over to web2, .* at once there: npx zx tasks\/takeover\.ts --site blog\n/)
  assert.deepEqual(moves.writers(), [])
  assert.match(await moves.must('takeover', web2), /web2 took blog over from web1/)
  assert.equal(await moves.read(web2), 'two two')
  assert.equal(moves.ownerInArchive(), 'web2')
  assert.deepEqual(moves.writers(), ['web2'])
})

test('the former owner has a replica after its next night, and keeps no safety copy of it, and the new one begins a new chain', async () => {
  await moves.write('three', web2)
  assert.match(await moves.must('nightly', web2), /full backup/)
  assert.match(await moves.must('nightly', web1), /blog is web2's now, and a replica here/)
  assert.doesNotMatch(await moves.must('nightly', web1), /kept as a safety copy/)
  assert.equal(await moves.read(web1), 'three three')
  assert.deepEqual(moves.owners(), ['web2'])
})

test('a released site is taken back, and then the other host cannot take it', async () => {
  await moves.handover(web2, web1)
  assert.match(await moves.must('handover', web2, ['--cancel']), /blog is web2's again/)
  assert.deepEqual(moves.writers(), ['web2'])
  const { code, stdout } = await moves.run('takeover', web1)
  assert.equal(code, 2, stdout)
  assert.match(stdout, /blog is web2's, and was not handed over/)
  assert.match(await moves.must('handover', web2, ['--cancel']), /there is nothing to take back/)
})

test('an owner whose folder is lost is told so by takeover', async () => {
  rmSync(moves.folderOn(web2), { recursive: true })
  const { code, stdout } = await moves.run('takeover', web2)
  assert.match(stdout, /blog is not there: the site has to be restored first/)
  assert.equal(code, 1)
})
