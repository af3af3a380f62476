import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { makeNightSite, type NightOptions, type NightSite, night, notesIn } from '../support/night.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)

const endOf = (outcomes: readonly Outcome[]) => outcomes.find(outcome => outcome.step === 'backup')?.status

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-prune-'))
})
after(() => rm(folder, { recursive: true, force: true }))

for (const major of [0, 3] as const) {
  describe(`prune with duplicity ${major}`, () => {
    let server: DuplicityServer
    let count = 0
    before(async () => {
      server = await startDuplicity(major, join(folder, `server${major}`))
    })
    after(() => server[Symbol.asyncDispose]())

    /** A site with as many nights as said, a full every `fullDays`, that take some 60 kB each; no allowance stops them. */
    async function siteAfter(nights: number, fullDays = 4): Promise<NightSite> {
      const place = await makeNightSite(join(folder, `${major}-${count++}`), {
        duplicity: { program: server.program, compression: 'none' },
        keepIncrementals: 1,
      })
      await writeFile(join(place.source, 'full_backup_freq'), `${fullDays}D`)
      await writeFile(join(place.source, 'max_NAS_space'), '1000')
      for (let index = 0; index < nights; index++) await goOn(place, index)
      return place
    }

    async function goOn(place: NightSite, index: number, options: Partial<NightOptions> = {}) {
      const now = START + index * DAY
      await server.setClock(now)
      const page = join(place.source, 'SITE', `page${index % 3}`)
      await writeFile(page, randomBytes(50_000))
      await utimes(page, now / 1000, now / 1000) // duplicity sees whole seconds, and these nights are shorter
      return await night(place, { now, ...options })
    }

    const allow = (place: NightSite, megabytes: number) => writeFile(join(place.source, 'max_NAS_space'), String(megabytes))
    const names = async (place: NightSite) => (await readdir(place.archive)).filter(name => name.startsWith('duplicity-')).sort()
    const spoil = (place: NightSite, name: string) => writeFile(join(place.archive, name), 'x')

    test('strips, then removes, one action a night, and each later step sees what is left', async () => {
      const place = await siteAfter(15)
      await allow(place, 0.3)
      const first = await goOn(place, 15)
      assert.match(
        notesIn(first, 'prune').join('\n'),
        /significant: Delete the incrementals of the chain of 2028-01-01.*is the oldest that still/,
      )
      assert.match(
        notesIn(first, 'prune').join('\n'),
        /significant: after the pruning it can be restored as far back as 2028-01-01 03:00:0\d UTC, 1[45] days ago; 12 restore points/,
      )
      assert.equal((await names(place)).filter(name => /^duplicity-inc\.20280101/.test(name)).length, 0)
      assert.equal(endOf(first), 'done')
      const second = await goOn(place, 16)
      assert.match(notesIn(second, 'prune').join('\n'), /significant: Delete the incrementals of the chain of 2028-01-05/)
      await goOn(place, 17) // the third chain has become old enough meanwhile
      const third = await goOn(place, 18)
      assert.match(notesIn(third, 'prune').join('\n'), /significant: Delete the chain of 2028-01-01/)
      assert.ok(!(await names(place)).some(name => name.includes('full.20280101') || name.includes('full-signatures.20280101')))
      assert.ok(
        third.every(outcome => outcome.status === 'done' || outcome.status === 'skipped'),
        notesIn(third).join('\n'),
      )
    })

    test('writes the whole chain status to a log of its own', async () => {
      const place = await siteAfter(8)
      await allow(place, 0.1)
      await goOn(place, 8)
      const { logs } = place.facts.host.paths
      const [log] = await readdir(logs)
      const text = await readFile(join(logs, log!), 'utf8')
      assert.match(log!, /^prune-20280109T\d{6}-\d+\.log$/)
      assert.match(text, /blog, 2028-01-09 03:00:00 UTC: 2 chains/)
      assert.match(text, / - full {8}2028-01-01/)
      assert.match(text, / {3}full {8}2028-01-05/)
    })

    test('a dry run says what would go, and nothing goes', async () => {
      const place = await siteAfter(8)
      await allow(place, 0.1)
      const was = await names(place)
      const commands = (await goOn(place, 8, { dry: true })).flatMap(outcome => outcome.commands).filter(each => !each.ran)
      assert.match(commands.map(each => each.line).join('\n'), /duplicity remove-all-but-n-full 1 --force/)
      assert.deepEqual(await names(place), was)
      assert.equal(existsSync(join(place.facts.host.paths.state, 'pruning')), false)
    })

    test('keeps the only chain, however small the allowance, and says why', async () => {
      const place = await siteAfter(3)
      await allow(place, 0.001)
      const outcomes = await goOn(place, 3)
      assert.match(
        notesIn(outcomes, 'prune').join(),
        /^info: .* of 1.00 kB used, but nothing can go: only the primary chain is left$/,
      )
      assert.equal(endOf(outcomes), 'done')
    })

    test('prunes nothing after an interrupted run, nor by a clock that is behind', async () => {
      const place = await siteAfter(8)
      await allow(place, 0.1)
      const was = await names(place)
      const interrupted = { host: 'web1', pid: 1, start: '2028' }
      const one = await goOn(place, 8, { interrupted, noBackup: true })
      assert.match(notesIn(one, 'prune').join(), /the last run was interrupted/)
      const two = await goOn(place, 2, { noBackup: true })
      assert.match(notesIn(two, 'prune').join(), /ahead of this clock: one of the clocks is wrong/)
      assert.deepEqual(await names(place), was)
    })

    test('cleans up what a killed run of another host left, but not while it may still be writing', async () => {
      const place = await siteAfter(6)
      await allow(place, 0.1)
      const left = [
        'duplicity-inc.20280106T030000Z.to.20280106T040000Z.vol1.difftar.gz',
        'duplicity-full.20280106T050000Z.vol1.difftar.gz',
      ]
      for (const name of left) await spoil(place, name)
      const now = START + 6 * DAY
      await age(place, left, now - 3_600_000)
      const early = await goOn(place, 6, { noBackup: true })
      assert.match(notesIn(early, 'prune').join(), /another host is writing this archive \(.*, of no finished set, is 1 h old\)/)
      await age(place, left, now - 7 * 3_600_000)
      const late = await goOn(place, 6)
      assert.match(
        notesIn(late, 'prune').join('\n'),
        /significant: Clean up what is part of no chain, 2 files, 2 bytes.*2 incomplete sets are/,
      )
      assert.ok(!(await names(place)).some(name => left.includes(name)))
      assert.ok(
        late.every(outcome => outcome.status === 'done' || outcome.status === 'skipped'),
        notesIn(late).join('\n'),
      )
    })

    const age = async (place: NightSite, list: string[], time: number) => {
      for (const name of list) await utimes(join(place.archive, name), time / 1000, time / 1000)
    }

    test('resumes a partial set of its own, and does not clean it', async () => {
      const place = await siteAfter(6)
      await allow(place, 0.1)
      const cache = join(place.facts.host.paths.cache, 'duplicity', 'blog.backup')
      await writeFile(join(cache, 'duplicity-full.20280107T020000Z.manifest.part'), 'x')
      await spoil(place, 'duplicity-full.20280107T020000Z.vol1.difftar.gz')
      await age(place, ['duplicity-full.20280107T020000Z.vol1.difftar.gz'], START)
      const outcomes = await goOn(place, 6, { noBackup: true })
      assert.match(notesIn(outcomes, 'prune').join(), /an interrupted backup of this host is resumed first/)
    })

    test('stops all pruning of the site when more went than planned, until the file is removed', async () => {
      const place = await siteAfter(8)
      await allow(place, 0.1)
      const greedy = join(folder, `greedy${major}`)
      const victim = join(place.archive, 'duplicity-full.20280105T030000Z.manifest')
      await writeFile(
        greedy,
        `#!/bin/sh\ncase $1 in remove*) rm -f ${place.archive}/duplicity-full.20280105*.manifest ;; esac\nexec ${server.program} "$@"\n`,
        { mode: 0o755 },
      )
      Object.assign(place.facts.host.duplicity, { program: greedy })
      const saved = await readFile(
        (await names(place)).filter(name => /full\.20280105.*manifest/.test(name)).map(name => join(place.archive, name))[0] ??
          victim,
      )
      const manifest = (await names(place)).find(name => /full\.20280105.*manifest/.test(name))!
      const first = await goOn(place, 8, { noBackup: true })
      assert.match(
        notesIn(first, 'prune').join('\n'),
        /problem: nothing of blog is pruned any more: 1 file went, though not planned: duplicity-full.20280105.*\nonce you have looked at it: rm /,
      )
      await writeFile(join(place.archive, manifest), saved)
      const second = await goOn(place, 9, { noBackup: true })
      const note = notesIn(second, 'prune').join('\n')
      assert.match(note, /^info: pruning of this site is stopped: since 2028-01-09/)
      await rm(/rm (\S+)$/.exec(note)![1]!)
      assert.doesNotMatch(notesIn(await goOn(place, 9, { noBackup: true }), 'prune').join('\n'), /stopped/)
    })

    test('tells a failure of duplicity, and the backup is made all the same', async () => {
      const place = await siteAfter(8)
      await allow(place, 0.1)
      const broken = join(folder, `broken${major}`)
      await writeFile(broken, `#!/bin/sh\ncase $1 in remove*) exit 30 ;; esac\nexec ${server.program} "$@"\n`, { mode: 0o755 })
      Object.assign(place.facts.host.duplicity, { program: broken })
      const outcomes = await goOn(place, 8)
      assert.match(notesIn(outcomes, 'prune').join('\n'), /problem: pruning failed: /)
      assert.doesNotMatch(notesIn(outcomes, 'prune').join('\n'), /any more/)
      assert.equal(endOf(outcomes), 'done')
    })

    test('compares after a run that was killed while it pruned', async () => {
      const place = await siteAfter(8)
      const { state } = place.facts.host.paths
      await mkdir(join(state, 'pruning'))
      const before = [...(await names(place)), 'duplicity-full.20271201T030000Z.manifest']
      await writeFile(join(state, 'pruning', 'blog.json'), JSON.stringify({ mustGo: [], mayGo: [], before }))
      const outcomes = await goOn(place, 8)
      assert.match(
        notesIn(outcomes, 'prune').join('\n'),
        /1 file went, though not planned: duplicity-full.20271201T030000Z.manifest/,
      )
      assert.equal(existsSync(join(state, 'pruning', 'blog.json')), false)
      assert.equal(endOf(outcomes), 'done')
    })

    test('leaves foreign files alone', async () => {
      const place = await siteAfter(8)
      await allow(place, 0.1)
      for (const name of ['notes.txt', '.DS_Store']) await spoil(place, name)
      await goOn(place, 8)
      const all = await readdir(place.archive)
      assert.ok(['notes.txt', '.DS_Store', 'PRIMARY_IS_web1'].every(name => all.includes(name)))
      assert.equal(existsSync(join(place.facts.host.paths.state, 'frozen')), false)
    })
  })
}
