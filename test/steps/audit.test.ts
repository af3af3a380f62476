import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Secret } from '../../lib/core/secret.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { auditFiles, chooseFiles, siteAudits } from '../../lib/steps/verify.ts'
import { readAuditedFiles } from '../../lib/store/audited-files.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { NO_REQUEST } from '../support/host.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'
import { perform } from '../support/perform.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const audit = recipe<Needs<'host' | 'secrets' | 'archive' | 'roles' | 'request' | 'freeSpace'>>()
  .do(chooseFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-audit-'))
})
after(() => rm(folder, { recursive: true, force: true }))

for (const major of [0, 3] as const) {
  describe(`the audit of archives by duplicity ${major}`, () => {
    let server: DuplicityServer
    let count = 0
    before(async () => {
      server = await startDuplicity(major, join(folder, `server${major}`))
    })
    after(() => server[Symbol.asyncDispose]())

    /** Three nights of a site: a full of three volumes of 1 MB, and two incrementals. */
    async function threeNights(file: Partial<HostFile> = {}): Promise<NightSite> {
      const place = await makeNightSite(join(folder, `${major}-${count++}`), {
        duplicity: { program: server.program, compression: 'none', volumeSize: 1 },
        ...file,
      })
      place.facts.secrets = new Map([['WORD', new Secret('known only to the test')]])
      await writeFile(join(place.source, 'SITE', 'large'), randomBytes(2_200_000))
      for (let index = 0; index < 3; index++) await goOn(place, index)
      return place
    }

    async function goOn(place: NightSite, index: number) {
      const now = START + index * DAY
      await server.setClock(now)
      await writeFile(join(place.source, 'SITE', 'page'), randomBytes(20_000))
      await utimes(join(place.source, 'SITE', 'page'), now / 1000, now / 1000)
      return await night(place, { now })
    }

    async function prove(place: NightSite): Promise<string[]> {
      const roles = { primaries: [place.facts.site], replicas: [], others: [] }
      const done = await perform(audit, { ...place.facts, roles, request: NO_REQUEST })
      return notesIn(done.outcomes)
    }

    const files = (place: NightSite) => Object.entries(readAuditedFiles(place.facts.host, 'blog'))
    const readIn = (place: NightSite) => files(place).filter(([, { readAt }]) => readAt !== undefined)
    const wrongIn = (place: NightSite) => files(place).filter(([, { wrong }]) => wrong !== undefined)

    const volumes = async (place: NightSite, kind: string) =>
      (await readdir(place.archive)).filter(name => name.startsWith(`duplicity-${kind}.`) && name.includes('.vol')).sort()

    async function corrupt(path: string): Promise<Buffer> {
      const good = await readFile(path)
      const bad = Buffer.from(good)
      bad[Math.min(1000, bad.length >> 1)]! ^= 1
      await writeFile(path, bad)
      return good
    }

    test('finds all well, and remembers when each volume was read', async () => {
      const place = await threeNights()
      const notes = await prove(place)
      assert.match(
        notes.join(),
        /^info: 11 of 11 files, 2.\d+ MB; all were read since \(not all yet\), and are read again within 1 night$/,
      )
      assert.match((await prove(place)).join(), /all were read since 20\d\d-/)
      assert.equal(readIn(place).length, 11)
    })

    test('a budget reads the least recently read first, and comes round', async () => {
      const place = await threeNights({ auditBudget: 1.2 })
      const read = () => readIn(place).length
      const counts = []
      for (let run = 0; run < 4; run++) {
        await prove(place)
        counts.push(read())
      }
      assert.ok(counts[0]! >= 1 && counts[0]! < 11, String(counts))
      assert.equal(counts.at(-1), 11)
    })

    test('names the set and the volume that differ, and what still restores; the next backup is full; a volume brought back is well', async () => {
      const place = await threeNights()
      const [first = ''] = await volumes(place, 'inc')
      const good = await corrupt(join(place.archive, first))
      const [, failure = ''] = await prove(place)
      assert.match(
        failure,
        /^warning: incremental set of 2028-01-02 03:00:0\d UTC: volume 1 is not what was written: its SHA1 is [0-9a-f]{40}, wanted [0-9a-f]{40} \(duplicity-inc/,
      )
      assert.match(failure, /the 2 backups of 2028-01-02 .* to 2028-01-03 .* do not restore whole; 1 other does, of 2028-01-01/)
      const next = await goOn(place, 3)
      assert.match(notesIn(next, 'backup').join(), /full backup: the newest chain is damaged/)
      await writeFile(join(place.archive, first), good)
      assert.doesNotMatch((await prove(place)).join(), /warning/)
      assert.deepEqual(wrongIn(place), [])
    })

    test('reads encrypted manifests of sets that another host made', async () => {
      const place = await threeNights({ encryption: { kind: 'passphrase', secret: 'WORD', generated: true } })
      for (const folder of ['cache', 'state'] as const) await rm(place.facts.host.paths[folder], { recursive: true })
      const [note = '', ...others] = await prove(place)
      assert.match(note, /11 of 11 files/)
      assert.deepEqual(others, [])
      const [first = ''] = await volumes(place, 'inc')
      await corrupt(join(place.archive, first))
      assert.match((await prove(place)).join(), /warning: incremental set of 2028-01-02 .*: volume 1 is not what was written/)
    })

    test('names a manifest that cannot be read, where this host has no copy of it', async () => {
      const place = await threeNights()
      await rm(place.facts.host.paths.cache, { recursive: true })
      const manifest = (await readdir(place.archive)).find(name => /inc.*manifest/.test(name))!
      await writeFile(join(place.archive, manifest), 'x'.repeat((await stat(join(place.archive, manifest))).size))
      assert.match(
        (await prove(place)).join(),
        /warning: incremental set of 2028-01-02 .*: its manifest is not what was written, by its hash .*; the 2 backups/,
      )
      assert.equal((await prove(place)).length, 1, 'it is told once')
    })

    test('puts a manifest and signatures back of which this host has a copy', async () => {
      const place = await threeNights({ encryption: { kind: 'passphrase', secret: 'WORD', generated: true } })
      await prove(place)
      for (const kind of [/full.*manifest/, /new-sig/]) {
        const name = (await readdir(place.archive)).find(each => kind.test(each))!
        await corrupt(join(place.archive, name))
        const [, told = '', ...others] = await prove(place)
        assert.match(told, /^significant: .* set of .*: its .* cannot be decrypted: .*; it was restored from this host's copy$/)
        assert.deepEqual([others, wrongIn(place)], [[], []])
        assert.equal((await prove(place)).length, 1)
      }
    })
  })
}
