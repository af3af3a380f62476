import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { KillLane } from '../support/kill-lane.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { Stage } from '../support/stage.ts'

/** HOLDFAST_KILLS=100 stops at every call and at as many random moments; without it a few of each, other ones every time. */
const MANY = process.env.HOLDFAST_KILLS === undefined ? undefined : Number(process.env.HOLDFAST_KILLS)
const RANDOM = MANY ?? 4
const STEP = Number(process.env.HOLDFAST_KILL_STEP ?? (MANY === undefined ? 19 : 1))

const folder = quickFolder('kills')
const lanes = new Map<string, KillLane>()
let servers: Mariadb[] = []
let stage: Stage

/** The lane of a task, made when it is first wanted. */
async function laneOf(task: string): Promise<KillLane> {
  const [a, b] = servers as [Mariadb, Mariadb]
  const lane =
    lanes.get(task) ?? (await (task === 'recover' ? KillLane.primary(stage, 'mine', a) : KillLane.replica(stage, 'theirs', a, b)))
  lanes.set(task, lane)
  return lane
}

before(async () => {
  mkdirSync(join(folder, 'db'))
  servers = await Promise.all(['a', 'b'].map(name => startMariadb(join(folder, 'db', name))))
  stage = new Stage(folder)
})
after(async () => {
  for (const lane of lanes.values()) await lane.web.stop()
  for (const server of servers) await server.stop()
})

for (const task of ['recover', 'replica']) {
  test(`${task}: killed before or after any of its commands, the next run or --undo makes it whole`, async () => {
    const lane = await laneOf(task)
    const seen = new Set<string>()
    for (let turn = Math.floor(Math.random() * STEP); ; turn += STEP) {
      const [call, when] = [1 + Math.floor(turn / 2), turn % 2 === 0 ? 'before' : 'after'] as const
      const reached = await lane.killAt(call, when)
      const phase = lane.phase()
      lane.tell(`${task} ${when} ${reached ?? 'the end'}: ${phase}`)
      seen.add(phase)
      if (phase === 'swapping' || turn % 2 === 0) await lane.boot()
      await lane.mend(turn % 3 === 0 ? 'again' : 'undo')
      if (reached !== undefined) continue
      assert.ok(call > 25, `only ${call - 1} calls were met`)
      break
    }
    if (STEP === 1) assert.deepEqual(seen, new Set(['none', 'preparing', 'swapping', 'kept']))
  })

  test(`${task}: killed at ${RANDOM} random moments, it is whole in the old or the new state after the next run`, async () => {
    const lane = await laneOf(task)
    const length = await lane.measure()
    await lane.mend('undo')
    for (let round = 0; round < RANDOM; round++) {
      const since = round % 4 === 3 ? 'start' : 'journal'
      const moment = length[since] * Math.random()
      await lane.killAfter(moment, since)
      lane.tell(`${task} at ${Math.round(moment)} of ${Math.round(length[since])} ms since ${since}: ${lane.phase()}`)
      await lane.mend(round % 5 === 0 ? 'again' : 'undo')
    }
  })
}
