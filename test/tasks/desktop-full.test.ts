import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2028, 0, 5, 12)

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => {
    for (const each of [disk, archive, desktopState, readOnlyState]) each.unmount()
  })
  const folder = ownFolder('desktop-full')
  const ownDesktop = join(folder, 'once-a-day')
  const disk = new SmallDisk(join(folder, 'archive'), '8m')
  const archive = new SmallDisk(join(ownDesktop, 'archive'), '8m')
  const forgetful = join(folder, 'forgetful')
  const readOnlyState = new SmallDisk(join(forgetful, 'state'), '256k')
  const desktopState = new SmallDisk(join(ownDesktop, 'state'), '256k')

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
    const problems = second.outcomes.flatMap(outcome => outcome.notes).filter(note => note.kind === 'problem')
    assert.match(problems.map(note => note.text).join('\n'), /^the archive in .* is full: nothing can be written to it.*$/)
    assert.equal(second.code, 1, 'that the archive was full is told')
  })

  test('an interrupted backup for which there is still no room takes one chain a day, however often it is asked', async () => {
    const desktop = new Desktop(ownDesktop, {}, { duplicity: { volumeSize: 1, compression: 'none' } })
    desktop.fill('film', 1_200_000)
    for (const day of [0, 35, 70]) assert.equal((await desktop.ask(['--now'], START + day * DAY)).code, 0)
    archive.fill(1_300_000)
    desktop.fill('news', 1_900_000)
    assert.equal((await desktop.ask(['--now'], START + 71 * DAY)).code, 1)
    const fulls = (): number => desktop.sets().filter(name => /full\..*manifest/.test(name)).length
    const notes = async (at: number): Promise<string> => {
      archive.fill() // what went is taken by somebody else's files
      const { outcomes } = await desktop.ask([], at)
      return outcomes.flatMap(outcome => outcome.notes.map(note => note.text)).join('\n')
    }

    desktopState.fill()
    const unwritten = await notes(START + 71 * DAY + HOUR)
    desktopState.empty()
    assert.match(unwritten, /nothing is pruned, since this host could not remember it: .*desktop\.json cannot be written/)
    assert.equal(fulls(), 3)
    assert.match(await notes(START + 71 * DAY + 2 * HOUR), /Delete the chain of 2028-01-05/)
    assert.match(await notes(START + 71 * DAY + 3 * HOUR), /was pruned today already: one action a day/)
    assert.equal(fulls(), 2)
    assert.match(await notes(START + 72 * DAY), /Delete the chain of 2028-02-09/)
    assert.equal(fulls(), 1)
  })

  test('a desktop that cannot remember its backup sees it in the archive and makes no second one that day, but one that a person asks for', async () => {
    const desktop = new Desktop(forgetful)
    const sets = (): number => desktop.sets().filter(name => name.includes('manifest')).length
    const ask = async (at: number, ...words: string[]): Promise<string> => {
      desktop.fill('notes', 1000 + sets())
      const { outcomes } = await desktop.ask(words, at)
      return outcomes.flatMap(outcome => outcome.notes.map(note => note.text)).join('\n')
    }
    await ask(START)
    readOnlyState.mayWrite(false)
    assert.match(await ask(START + 7 * DAY), /is made, but this host cannot remember it: .*pc\.json cannot be written/)
    assert.equal(sets(), 2)
    const again = await ask(START + 7 * DAY + HOUR)
    assert.match(again, /is done; the next is on .*, as the archive shows\n.*cannot remember it: .*pc\.json cannot be written/)
    assert.equal(sets(), 2)
    await ask(START + 7 * DAY + 2 * HOUR, '--now')
    assert.equal(sets(), 3)
    readOnlyState.mayWrite(true)
    assert.match(await ask(START + 7 * DAY + 3 * HOUR), /is done; the next is on .*, as the archive shows$/m)
    assert.doesNotMatch(await ask(START + 7 * DAY + 4 * HOUR), /as the archive shows/)
    assert.equal(sets(), 3)
    await ask(START + 14 * DAY)
    assert.equal(sets(), 4)
  })
}
