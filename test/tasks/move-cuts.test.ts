import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { MoveStage } from '../support/move-stage.ts'
import { quickFolder } from '../support/quick-folder.ts'
import type { StageHost } from '../support/stage.ts'

/** HOLDFAST_MOVE_CUTS=10 tries so many of the points at which a move can be cut off, in each way; `all` all of them. One in two of the ways without it. */
const CUTS = process.env.HOLDFAST_MOVE_CUTS
const LOG = process.env.HOLDFAST_MOVE_CUTS_LOG

const folder = quickFolder('move-cuts')
let moves: MoveStage
before(async () => {
  moves = await MoveStage.begin(folder, ['web1', 'web2'])
})

let word = 0
let counts: { readonly handover: number; readonly takeover: number }

/** Something new is written into the site, which its owner is to hand over. */
async function nextMove() {
  const [one, two] = moves.hosts as [StageHost, StageHost]
  const [from, to] = moves.ownerInArchive() === one.name ? [one, two] : [two, one]
  await moves.write(`v${++word}`, from)
  return { from, to, word: `v${word}`, give: ['--to', to.name, '--stopped', '--yes'] }
}

/** Points of a task that has so many: all, or so many of them, spread, other ones every time. */
function pointsOf(count: number): number[] {
  if (CUTS === 'all') return Array.from({ length: count }, (_, index) => index + 1)
  const length = Number(CUTS ?? 1)
  return Array.from({ length }, (_, index) => Math.ceil((count / length) * (index + Math.random())))
}

test('a move can be cut off at many points', async () => {
  const { from, to, give } = await nextMove()
  counts = {
    handover: await moves.countPoints('handover', from, give),
    takeover: await moves.countPoints('takeover', to, []),
  }
  assert.ok(counts.handover > 50 && counts.takeover > 50, JSON.stringify(counts))
})

const WAYS = (['power', 'archive'] as const).flatMap(what => (['handover', 'takeover'] as const).map(task => ({ what, task })))
const some = Math.random() < 0.5 ? [WAYS[0]!, WAYS[3]!] : [WAYS[1]!, WAYS[2]!]

for (const { what, task } of CUTS === undefined ? some : WAYS)
  test(`${task} without ${what} from any point on: never two owners, and the same command completes it`, async () => {
    for (const at of pointsOf(counts[task])) {
      const { from, to, word, give } = await nextMove()
      if (task === 'takeover') await moves.must('handover', from, give)
      const [host, words] = task === 'handover' ? [from, give] : [to, []]
      const { point } = await moves.cut(task, host, words, at, what)
      const where = `${task} without ${what} from ${point} of ${counts[task]} on`
      if (LOG) appendFileSync(LOG, `${where}\n`)
      assert.ok(moves.writers().length <= 1, `${where}: ${moves.writers().join(' and ')} are written to`)
      if (what === 'power') await moves.must('boot', host)
      if (task === 'handover') await moves.must('handover', from, give)
      assert.ok(!moves.writers().includes(from.name), where)
      await moves.must('takeover', to)
      assert.deepEqual(moves.writers(), [to.name], where)
      assert.equal(await moves.read(to), word, where)
      await moves.must('nightly', from)
      assert.deepEqual(moves.owners(), [to.name], where)
    }
  })
