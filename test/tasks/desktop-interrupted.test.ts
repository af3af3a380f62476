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

/** The volumes in the archive, in their order: which file each is, and when it was written. */
function volumesOf(desktop: Desktop): string[] {
  const numberOf = (name: string): number => Number(/\.vol(\d+)\.difftar\.gz$/.exec(name)?.[1] ?? 0)
  const volumes = desktop.sets().filter(name => numberOf(name) > 0)
  return volumes
    .toSorted((a, b) => numberOf(a) - numberOf(b))
    .map(name => {
      const { ino, mtimeNs, size } = statSync(join(desktop.archive, name), { bigint: true })
      return `${name} ${ino} ${mtimeNs} ${size}`
    })
}

/** Begins the first full backup and kills it, with all that it started, a moment after so many volumes are there. */
async function killedAfter(desktop: Desktop, volumes: number, milliseconds: number): Promise<void> {
  const { child, ended } = desktop.start()
  await until(() => volumesOf(desktop).length >= volumes)
  await pause(milliseconds)
  child.kill('SIGKILL')
  await ended
}

test(`killed at ${MOMENTS} random moments of a full backup, the next run completes it without sending again what was there`, async t => {
  const chance = chanceFrom(11)
  let kept = 0
  for (let moment = 0; moment < MOMENTS; moment++) {
    const folder = ownFolder('desktop-killed')
    const desktop = new Desktop(folder, {}, { duplicity: { volumeSize: 1 } })
    for (let file = 0; file < MEGABYTES; file++) desktop.fill(`file${file}`, 1_000_000)
    const wanted = 2 + chance(MEGABYTES - 4)
    await killedAfter(desktop, wanted, chance(60))
    assert.notEqual(readFileSync(join(folder, 'state', 'lock'), 'utf8'), '')
    const before = volumesOf(desktop)
    assert.ok(!desktop.sets().some(name => name.endsWith('.manifest')), `killed too late: ${desktop.sets()}`)

    const again = await desktop.ask()
    assert.equal(again.code, 0, JSON.stringify(again.outcomes.filter(outcome => outcome.status === 'failed')))
    assert.equal(didOf(again), 'backup')
    const after = volumesOf(desktop)
    // the last volume may have been cut short
    const whole = before.slice(0, -1)
    for (const volume of whole) assert.ok(after.includes(volume), `${volume} of ${before.length} was sent again: ${after}`)
    // and the file that was cut
    assert.ok(after.length <= MEGABYTES + 3, `${after.length} volumes: ${after}`)
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

test('stopped by SIGTERM, as at a shutdown, it unlocks, and the next run completes the backup all the same', async () => {
  const desktop = new Desktop(ownFolder('desktop-stopped'), {}, { duplicity: { volumeSize: 1 } })
  for (let file = 0; file < MEGABYTES; file++) desktop.fill(`file${file}`, 1_000_000)
  const { child, ended } = desktop.start()
  await until(() => volumesOf(desktop).length >= 3)
  child.kill('SIGTERM')
  assert.equal((await ended).code, 143)
  const [first, second] = volumesOf(desktop)
  const again = await desktop.ask()
  assert.deepEqual([again.code, didOf(again)], [0, 'backup'])
  assert.match(JSON.stringify(again.outcomes), /a set is not complete: it is completed by a backup now/)
  assert.match(
    JSON.stringify(again.outcomes),
    /was cut off: what was sent is kept, and completed by the next set, since \d+ volumes with \d+ whole files/,
  )
  for (const volume of [first, second]) assert.ok(volumesOf(desktop).includes(volume!))
})
