import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { MoveStage } from '../support/move-stage.ts'
import { quickFolder } from '../support/quick-folder.ts'
import type { StageHost } from '../support/stage.ts'

/** HOLDFAST_MOVE_RACES=100 has as many. */
const RACES = Number(process.env.HOLDFAST_MOVE_RACES ?? 1)

const folder = quickFolder('takeover-force')
let moves: MoveStage
let web1: StageHost
let others: readonly [StageHost, StageHost]
before(async () => {
  moves = await MoveStage.begin(folder, ['web1', 'web2', 'web3'])
  const [first, ...rest] = moves.hosts
  web1 = first!
  others = rest as [StageHost, StageHost]
})

test('takeover --force of a host that ended a night lately wants that said again, and says what will be lost', async () => {
  const [web2] = others
  const refused = await moves.run('takeover', web2, ['--force', '--yes'])
  assert.equal(refused.code, 2, refused.stdout)
  assert.match(refused.stdout, /web1 ended a night on .*If it is down all the same: .*--force --dead web1/)
  assert.deepEqual(moves.writers(), ['web1'])
})

test('of two hosts that take a site by force in the same second, one gets it, and the other is told', async () => {
  let dead = web1
  for (let race = 0; race < RACES; race++) {
    const force = ['--force', '--dead', dead.name, '--yes']
    const racers = moves.hosts.filter(host => host !== dead)
    const ended = await Promise.all(racers.map(host => moves.run('takeover', host, force)))
    const said = ended.map(({ stdout }) => stdout).join('\n')
    const winners = racers.filter((_, index) => ended[index]!.code === 0)
    assert.equal(winners.length, 1, said)
    const [winner] = winners as [StageHost]
    assert.match(said, /All that was written to blog since the backup of .* will be lost/)
    assert.match(said, new RegExp(`${winner.name} (was first, and owns blog now|took blog over from ${dead.name})`))
    assert.equal(moves.ownerInArchive(), winner.name)
    dead = winner
    await moves.must('nightly', winner)
    for (const host of moves.hosts.filter(each => each !== winner)) await moves.run('nightly', host)
  }
})
