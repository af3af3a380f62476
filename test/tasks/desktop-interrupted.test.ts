import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { chanceFrom } from '../support/chance.ts'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'
import { until } from '../support/processes.ts'
import { snapshot } from '../support/snapshot.ts'

const MEGABYTES = 12
const MOMENTS = 10

/** The volumes in the archive by number: which file each is, and when it was written. */
function volumesOf(desktop: Desktop): Map<number, string> {
  const volumes = desktop.sets().flatMap(name => {
    const number = Number(/\.vol(\d+)\.difftar\.gz$/.exec(name)?.[1] ?? 0)
    const { ino, mtimeNs, size } = statSync(join(desktop.archive, name), { bigint: true })
    return number === 0 ? [] : [[number, `${name} ${ino} ${mtimeNs} ${size}`] as const]
  })
  return new Map(volumes)
}

/** Begins the first full backup and kills it, with all that it started, a moment after so many volumes are there. */
async function killedAfter(desktop: Desktop, volumes: number, milliseconds: number): Promise<void> {
  const { child, ended } = desktop.start()
  await until(() => volumesOf(desktop).size >= volumes)
  await pause(milliseconds)
  child.kill('SIGKILL')
  await ended
}

test(`killed at ${MOMENTS} random moments of a full backup, the next run completes the set without sending again what was there`, async t => {
  const chance = chanceFrom(11)
  let kept = 0
  for (let moment = 0; moment < MOMENTS; moment++) {
    const folder = ownFolder('desktop-killed')
    const desktop = new Desktop(folder, {}, { duplicity: { volumeSize: 1 } })
    for (let file = 0; file < MEGABYTES; file++) desktop.fill(`file${file}`, 1_000_000)
    const wanted = 1 + chance(MEGABYTES - 3)
    await killedAfter(desktop, wanted, chance(60))
    assert.notEqual(readFileSync(join(folder, 'state', 'lock'), 'utf8'), '')
    const before = volumesOf(desktop)
    assert.ok(!desktop.sets().some(name => name.endsWith('.manifest')), `killed too late: ${desktop.sets()}`)

    const again = await desktop.ask()
    assert.equal(again.code, 0, JSON.stringify(again.outcomes.filter(outcome => outcome.status === 'failed')))
    assert.equal(didOf(again), 'backup')
    const after = volumesOf(desktop)
    // duplicity does the last volume once more: it may have been cut short
    const whole = [...before].filter(([number]) => number < before.size)
    for (const [number, file] of whole) assert.equal(after.get(number), file, `volume ${number} of ${before.size} was sent again`)
    assert.ok(after.size >= MEGABYTES)
    kept += whole.length

    const restored = join(folder, 'restored')
    const words = ['restore', '--no-encryption', `--archive-dir=${folder}/other`, `file://${desktop.archive}`, restored]
    execFileSync('duplicity', words, { stdio: ['ignore', 'ignore', 'inherit'] })
    assert.deepEqual(snapshot(restored), snapshot(desktop.source))
    if (moment === 0) assert.equal(didOf(await desktop.ask()), 'tidy')
    rmSync(folder, { recursive: true })
  }
  t.diagnostic(`${kept} volumes were not sent again`)
})

test('stopped by SIGTERM, as at a shutdown, it unlocks, and the next run completes the set all the same', async () => {
  const desktop = new Desktop(ownFolder('desktop-stopped'), {}, { duplicity: { volumeSize: 1 } })
  desktop.fill('file', MEGABYTES * 1_000_000)
  const { child, ended } = desktop.start()
  await until(() => volumesOf(desktop).size >= 3)
  child.kill('SIGTERM')
  assert.equal((await ended).code, 143)
  const [first, second] = [volumesOf(desktop).get(1), volumesOf(desktop).get(2)]
  const again = await desktop.ask()
  assert.deepEqual([again.code, didOf(again)], [0, 'backup'])
  assert.match(JSON.stringify(again.outcomes), /a set is not complete: it is completed by a backup now/)
  assert.deepEqual([volumesOf(desktop).get(1), volumesOf(desktop).get(2)], [first, second])
})
