import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Secret } from '../../lib/core/secret.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { encryptionOf } from '../../lib/store/encryption-marks.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { ownFolder } from '../support/host.ts'
import { makeNightSite, night, notesIn } from '../support/night.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const folder = ownFolder('encryption')
const PASSPHRASE = { kind: 'passphrase', secret: 'WORD', generated: true } as const

for (const major of [0, 3] as const) {
  describe(`another passphrase, with duplicity ${major}`, () => {
    let server: DuplicityServer
    let count = 0
    before(async () => {
      server = await startDuplicity(major, join(folder, `server${major}`))
    })
    after(() => server[Symbol.asyncDispose]())

    /** A site with one backup. */
    async function begin() {
      const at = join(folder, `${major}-${count++}`)
      const place = await makeNightSite(at, { duplicity: { program: server.program }, encryption: PASSPHRASE })
      const mark = join(place.archive, '.holdfast-encryption')
      let nights = 0
      const goOn = async (word: string, more: { newPassphrase?: boolean; encryption?: HostFile['encryption'] } = {}) => {
        place.facts.secrets = new Map([['WORD', new Secret(word)]])
        place.facts.newPassphrase = more.newPassphrase ?? false
        place.facts.host = { ...place.facts.host, encryption: (more.encryption ?? PASSPHRASE) as typeof PASSPHRASE }
        const now = START + nights++ * DAY
        await server.setClock(now)
        writeFileSync(join(place.source, 'SITE', 'page'), randomBytes(20_000))
        utimesSync(join(place.source, 'SITE', 'page'), now / 1000, now / 1000)
        return notesIn(await night(place, { now })).join('\n')
      }
      assert.match(await goOn('first'), /full backup[\s\S]*are as they were made/)
      return { place, mark, goOn }
    }

    test('makes no backup while the cache is there, and one sentence says what to do; then a new chain is begun, and goes on', async () => {
      const { mark, goOn } = await begin()
      const refused =
        /^failed: the passphrase in \.env is another than the newest backups of blog are encrypted with \(it is not what \.holdfast-encryption beside them tells\): no backup is made.* nightly --site blog --new-passphrase$/m
      for (let nights = 0; nights < 2; nights++) {
        const told = await goOn('second')
        assert.match(told, refused)
        assert.doesNotMatch(told, /set of/)
      }
      assert.match(await goOn('first'), /info: incremental backup/)
      assert.match(
        await goOn('second', { newPassphrase: true }),
        /significant: a new passphrase: a new chain is begun, and what was backed up until 2028-01-04 .* former one only[\s\S]*significant: full backup: the passphrase or key is a new one/,
      )
      assert.match(await goOn('second'), /info: incremental backup/)
      assert.match(await goOn('second', { newPassphrase: true }), /info: incremental backup/)
      assert.match(await goOn('first'), refused)
      const text = readFileSync(mark, 'utf8')
      assert.equal(text.trim().split('\n').length, 2)
      assert.doesNotMatch(text, /first|second/)
    })

    test('a mark that is slow to check is written anew once a passphrase is known as generated; former marks stay', async () => {
      const { mark, goOn } = await begin()
      const marks = () => readFileSync(mark, 'utf8').trim().split('\n')
      const { since } = JSON.parse(marks()[0]!)
      const chosen = { encryption: { ...PASSPHRASE, generated: false } }
      const slow = await encryptionOf(chosen, new Map([['WORD', new Secret('first')]]))
      const former = JSON.stringify({ since: new Date(START - DAY), kind: 'none' })
      const text = `${former}\n${JSON.stringify({ since, ...slow })}\n`
      writeFileSync(mark, text)
      assert.match(await goOn('second'), /^failed: the passphrase in \.env is another/m)
      assert.equal(readFileSync(mark, 'utf8'), text, 'a passphrase that does not fit changes nothing')
      assert.match(await goOn('first'), /info: incremental backup/)
      const [kept, quick, ...more] = marks()
      assert.deepEqual([kept, more], [former, []])
      const now = JSON.parse(quick!)
      assert.ok(slow.kind === 'passphrase' && now.cost < slow.cost && now.since === since)
      assert.match(await goOn('first'), /info: incremental backup/)
      assert.deepEqual(marks(), [former, quick])
      assert.match(await goOn('second'), /^failed: the passphrase in \.env is another/m)
    })

    test('a lost mark is written again once a manifest was decrypted, and only then', async () => {
      const { mark, goOn } = await begin()
      rmSync(mark)
      assert.match(await goOn('second'), /failed: .* \(it decrypts nothing of them\): no backup is made/)
      assert.ok(!existsSync(mark))
      assert.match(await goOn('first'), /info: incremental backup/)
      assert.ok(existsSync(mark))
    })

    test('no encryption any more, or another kind, is another one too', async () => {
      const { mark, goOn } = await begin()
      const none = { encryption: { kind: 'none' } } as const
      assert.match(await goOn('first', none), /failed: "encryption" in the inventory is another than/)
      rmSync(mark)
      assert.match(await goOn('first', none), /failed: "encryption" in the inventory is another than/)
      assert.match(await goOn('first', { ...none, newPassphrase: true }), /full backup: the passphrase or key is a new one/)
      assert.match(await goOn('first', none), /info: incremental backup/)
    })

    test('the former chain is left also where this host has no copy of what it would have to decrypt', async () => {
      const { place, goOn } = await begin()
      rmSync(place.facts.host.paths.cache, { recursive: true })
      const told = await goOn('second', { newPassphrase: true })
      assert.match(told, /full backup: the passphrase or key is a new one[\s\S]*are as they were made/)
      assert.doesNotMatch(told, /^(warning|problem|failed)/m)
      assert.match(await goOn('second'), /info: incremental backup/)
    })
  })
}
