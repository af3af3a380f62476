import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Secret } from '../../lib/core/secret.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { ownFolder } from '../support/host.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const folder = ownFolder('compare-files')

for (const major of [0, 3] as const) {
  describe(`an archive by duplicity ${major} that is not what was written`, () => {
    let server: DuplicityServer
    let place: NightSite
    let nights = 0
    before(async () => {
      server = await startDuplicity(major, join(folder, `server${major}`))
      place = await makeNightSite(join(folder, String(major)), {
        duplicity: { program: server.program, volumeSize: 1 },
        encryption: { kind: 'passphrase', secret: 'WORD', generated: true },
      })
      place.facts.secrets = new Map([['WORD', new Secret('known only to the test')]])
      await writeFile(join(place.source, 'SITE', 'large'), randomBytes(2_200_000))
      for (let index = 0; index < 3; index++) await goOn()
    })
    after(() => server[Symbol.asyncDispose]())

    async function goOn() {
      const now = START + nights++ * DAY
      await server.setClock(now)
      await writeFile(join(place.source, 'SITE', 'page'), randomBytes(20_000))
      await utimes(join(place.source, 'SITE', 'page'), now / 1000, now / 1000)
      return await night(place, { now })
    }

    const fileLike = async (name: RegExp) =>
      join(place.archive, (await readdir(place.archive)).sort().find(each => name.test(each))!)
    const damages: [string, (file: string) => Promise<unknown>, RegExp][] = [
      ['missing', file => rm(file), /is missing/],
      ['cut', file => truncate(file, 100), /has 100 bytes, and \d+ were written/],
      ['empty', file => truncate(file, 0), /has 0 bytes, and \d+ were written/],
    ]

    for (const [what, damage, told] of damages)
      test(`manifests and signatures that are ${what} are put back by the next night, which goes on with the chain`, async () => {
        const names = [/full.*manifest/, /inc.*manifest/, /full-sig/, /new-sig/]
        const files = await Promise.all(names.map(fileLike))
        for (const file of files) await damage(file)
        const outcomes = await goOn()
        const notes = notesIn(outcomes, 'compare-files')
        assert.equal(notes.length, 4)
        for (const note of notes) assert.match(note, new RegExp(`^significant: .*${told.source}.*; it was restored from`))
        assert.match(notesIn(outcomes, 'backup').join(), /^info: incremental backup/)
        for (const file of files) assert.ok((await readFile(file)).length > 100)
        assert.deepEqual(notesIn(await goOn(), 'compare-files'), [])
      })

    test('the last volume of a set is missing, which no listing shows: the next backup is full', async () => {
      const last = await fileLike(/full.*vol3/)
      await rename(last, join(place.archive, '../away'))
      const outcomes = await goOn()
      assert.match(
        notesIn(outcomes, 'compare-files').join(),
        /full set of 2028-01-01 .*: volume 3 is missing .*and no other does/,
      )
      assert.match(notesIn(outcomes, 'backup').join(), /full backup: the newest chain is damaged/)
      await rename(join(place.archive, '../away'), last)
      assert.deepEqual(notesIn(await goOn(), 'compare-files'), [])
    })
  })
}
