import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 5, 12)

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => disk.unmount())
  const folder = ownFolder('desktop-full')
  const disk = new SmallDisk(join(folder, 'archive'), '8m')

  test('a backup that filled the archive is tried again, and completed once the oldest chain has given way for it', async () => {
    const desktop = new Desktop(folder, {}, { duplicity: { volumeSize: 1, compression: 'none' } })
    desktop.fill('film', 1_200_000)
    for (const day of [0, 35]) assert.equal((await desktop.ask(['--now'], START + day * DAY)).code, 0)
    const oldest = desktop.sets().filter(name => name.includes('20280105'))
    assert.ok(oldest.length > 0)

    disk.fill(1_300_000)
    desktop.fill('news', 1_900_000)
    const first = await desktop.ask(['--now'], START + 36 * DAY)
    assert.equal(first.code, 1)
    assert.match(first.outcomes.find(({ step }) => step === 'backup')?.reason ?? '', /the disk of the archive is full/)

    const second = await desktop.ask([], START + 36 * DAY + DAY / 2)
    assert.equal(didOf(second), 'backup', JSON.stringify(second.outcomes, undefined, 1))
    const notes = second.outcomes.flatMap(outcome => outcome.notes.map(note => note.text)).join('\n')
    assert.match(notes, /a set is not complete: it is completed by a backup now/)
    assert.match(notes, /Delete the chain of 2028-01-05/)
    assert.deepEqual(
      desktop.sets().filter(name => oldest.includes(name)),
      [],
    )
    assert.ok(desktop.sets().some(name => /inc\..*manifest/.test(name)))
  })
}
