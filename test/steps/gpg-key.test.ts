import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { restorePoints } from '../../lib/core/restore-point.ts'
import { Secret } from '../../lib/core/secret.ts'
import { fetchTree } from '../../lib/duplicity/io/fetch.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { auditFiles, chooseFiles, siteAudits } from '../../lib/steps/verify.ts'
import { siteArchiveOf } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import { listFolder } from '../duplicity/real-archive.ts'
import { type DatedDuplicity, datedDuplicity } from '../support/dated-duplicity.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { NO_REQUEST } from '../support/host.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'
import { perform, story } from '../support/perform.ts'
import { whilePathHas } from '../support/programs.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const PHRASE = 'of the key & known "only" to the test'

for (const major of [0, 3] as const) {
  describe(`encryption to a gpg key with duplicity ${major}`, () => {
    let folder: string
    let duplicity: DatedDuplicity
    let path: string
    let count = 0
    const homes: string[] = []

    before(async () => {
      folder = mkdtempSync(join(tmpdir(), `holdfast-gpg${major}-`))
      duplicity = datedDuplicity(join(folder, 'dated'))
      path = major === 3 ? await duplicity3() : ''
    })
    after(async () => {
      for (const home of homes) gpg(home, 'gpgconf', '--kill', 'gpg-agent')
      rmSync(folder, { recursive: true, force: true })
    })

    function gpg(home: string, program: string, ...words: string[]): string {
      return execFileSync(program, words, { env: { ...process.env, GNUPGHOME: home }, encoding: 'utf8', stdio: 'pipe' })
    }

    /** A home of gpg, short enough for its sockets, whose keys open quickly. */
    function newHome(): string {
      const home = join(folder, `home${homes.length}`)
      mkdirSync(home, { mode: 0o700 })
      writeFileSync(join(home, 'gpg-agent.conf'), 's2k-count 65536\n')
      homes.push(home)
      return home
    }

    /** A key of its own, older than the simulated nights. Gives its home and fingerprint. */
    function makeKey(phrase: string): { home: string; key: string } {
      const home = newHome()
      const words = [
        '--batch',
        '--pinentry-mode=loopback',
        '--passphrase',
        phrase,
        '--quick-generate-key',
        'archive',
        'future-default',
        'default',
        'never',
      ]
      gpg(home, 'gpg', ...words)
      const key = /^fpr:+([0-9A-F]{40}):/m.exec(gpg(home, 'gpg', '--list-keys', '--with-colons'))![1]!
      return { home, key }
    }

    async function makeSite(encryption: HostFile['encryption']): Promise<NightSite> {
      const place = await makeNightSite(join(folder, `site${count++}`), {
        encryption: encryption!,
        duplicity: { program: duplicity.program },
        keepIncrementals: 1,
      })
      place.facts.secrets = new Map([['KEY_PHRASE', new Secret(PHRASE)]])
      await writeFile(join(place.source, 'full_backup_freq'), '2D')
      await writeFile(join(place.source, 'max_NAS_space'), '1000')
      return place
    }

    async function goOn(place: NightSite, index: number) {
      const now = START + index * DAY
      duplicity.setClock(now)
      const page = join(place.source, 'SITE', 'page')
      await writeFile(page, randomBytes(20_000))
      await utimes(page, now / 1000, now / 1000)
      return await night(place, { now })
    }

    /** Does something while this is the person's home of gpg. */
    async function at<Result>(home: string, work: () => Promise<Result>): Promise<Result> {
      const was = process.env.GNUPGHOME
      process.env.GNUPGHOME = home
      try {
        return await whilePathHas(path, work)
      } finally {
        if (was === undefined) delete process.env.GNUPGHOME
        else process.env.GNUPGHOME = was
      }
    }

    const allowNothingMore = (place: NightSite) => writeFile(join(place.source, 'max_NAS_space'), '0.001')
    const troubles = (outcomes: Awaited<ReturnType<typeof goOn>>) =>
      notesIn(outcomes).filter(note => /^(problem|failed)/.test(note))

    async function restore(place: NightSite): Promise<Buffer> {
      const { facts } = place
      const archive = siteArchiveOf(facts.archive, 'blog')
      const collection = collectionOf(await listFolder(place.archive))
      const point = restorePoints(collection).at(-1)!
      const into = join(folder, `restored${count++}`, 'tree')
      const step = {
        name: 'restore',
        title: 'restore',
        run: async ({ host, secrets }: typeof facts, shell: Parameters<typeof fetchTree>[1]) =>
          fetchTree({ host, secrets, site: 'blog', archive, collection, point, into }, shell),
      }
      const { outcomes } = await perform(recipe<typeof facts>().do(step), facts)
      assert.deepEqual(story(outcomes), ['restore do done'])
      return await readFile(join(into, 'SITE', 'page'))
    }

    for (const [what, phrase, secret] of [
      ['without a passphrase', '', undefined],
      ['with a passphrase', PHRASE, 'KEY_PHRASE'],
    ] as const) {
      test(`a key ${what}: nights, pruning, the audit and a restore on a host that knows nothing but the archive`, async () => {
        const { home, key } = makeKey(phrase)
        await at(home, async () => {
          const place = await makeSite({ kind: 'gpg', key, ...(secret && { secret }) })
          for (let index = 0; index < 6; index++) assert.deepEqual(troubles(await goOn(place, index)), [])
          const names = await readdir(place.archive)
          assert.ok(
            names.filter(name => name.startsWith('duplicity-')).every(name => name.endsWith('.gpg')),
            names.join(),
          )
          await allowNothingMore(place)
          const removed = notesIn(await goOn(place, 6)).join('\n')
          assert.match(removed, /significant: Delete the incrementals of the chain of 2028-01-01/)
          assert.doesNotMatch(removed, /problem|failed/)
          await writeFile(join(place.archive, 'duplicity-full.20280107T050000Z.vol1.difftar.gpg'), 'x')
          await utimes(join(place.archive, 'duplicity-full.20280107T050000Z.vol1.difftar.gpg'), 1, 1)
          await rm(place.facts.host.paths.cache, { recursive: true })
          const cleaned = notesIn(await goOn(place, 7)).join('\n')
          assert.match(cleaned, /significant: Clean up what is part of no chain, 1 file,/)
          assert.doesNotMatch(cleaned, /problem|failed/)
          await rm(place.facts.host.paths.cache, { recursive: true })
          const audit = recipe<Needs<'host' | 'secrets' | 'archive' | 'roles' | 'request' | 'freeSpace'>>()
            .do(chooseFiles)
            .each('Audit', siteAudits, site => site.do(auditFiles))
          const roles = { primaries: [place.facts.site], replicas: [], others: [] }
          const proven = await perform(audit, { ...place.facts, roles, request: NO_REQUEST })
          assert.deepEqual(troubles(proven.outcomes), [])
          assert.deepEqual(await restore(place), await readFile(join(place.source, 'SITE', 'page')))
        })
      })
    }

    test('a host with the public key only backs up and prunes; the key elsewhere restores', async () => {
      const { home, key } = makeKey('')
      const only = newHome()
      const publicKey = join(folder, `public${count++}`)
      await writeFile(publicKey, gpg(home, 'gpg', '--armor', '--export', key))
      gpg(only, 'gpg', '--batch', '--import', publicKey)
      const place = await makeSite({ kind: 'gpg', key })
      await at(only, async () => {
        for (let index = 0; index < 6; index++) assert.deepEqual(troubles(await goOn(place, index)), [])
        await writeFile(join(place.archive, 'duplicity-full.20280106T050000Z.vol1.difftar.gpg'), 'x')
        await utimes(join(place.archive, 'duplicity-full.20280106T050000Z.vol1.difftar.gpg'), 1, 1)
        await allowNothingMore(place)
        for (const action of ['Clean up', 'Delete the incrementals of the chain of 2028-01-01']) {
          const outcomes = await goOn(place, action === 'Clean up' ? 6 : 7)
          assert.deepEqual(troubles(outcomes), [])
          assert.match(notesIn(outcomes).join('\n'), new RegExp(`significant: ${action}`))
        }
      })
      await at(home, async () => assert.deepEqual(await restore(place), await readFile(join(place.source, 'SITE', 'page'))))
    })
  })
}
