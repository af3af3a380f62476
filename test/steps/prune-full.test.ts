import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, utimesSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Outcome } from '../../lib/core/outcome.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { ownFolder } from '../support/host.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { SmallDisk } from '../support/small-disk.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)

if (inOwnMounts(import.meta.filename)) {
  // before the folder goes: hooks run in the order in which they are declared
  after(() => {
    for (const disk of disks.values()) disk.unmount()
  })
  const folder = ownFolder('prune-full')
  // before the servers start: duplicity 3 sees the mounts that there were then
  const disks = new Map<string, SmallDisk>()
  for (const name of ['actions0', 'actions3', 'resumed0', 'resumed3', 'unwritten0'])
    for (const part of ['nas', 'state', 'logs']) {
      const path = join(folder, name, part)
      disks.set(path, new SmallDisk(path, part === 'nas' ? '8m' : '256k'))
    }

  for (const major of [0, 3] as const) {
    describe(`with duplicity ${major}`, () => {
      let server: DuplicityServer
      before(async () => {
        server = await startDuplicity(major, join(folder, `server${major}`))
      })
      after(() => server[Symbol.asyncDispose]())

      /** A site whose archive, state and logs are small disks of their own. */
      async function smallSite(name: string) {
        const at = join(folder, `${name}${major}`)
        const [nas, state, logs] = ['nas', 'state', 'logs'].map(part => disks.get(join(at, part))!) as [
          SmallDisk,
          SmallDisk,
          SmallDisk,
        ]
        const duplicity = { program: server.program, compression: 'none', volumeSize: 1, retries: 1 } as const
        return { nas, state, logs, place: await makeNightSite(at, { duplicity, keepIncrementals: 1 }) }
      }

      /** One night with so many bytes of news, which sees what the archive has free. */
      async function goOn(place: NightSite, nas: SmallDisk, index: number, bytes = 20_000): Promise<readonly Outcome[]> {
        const now = START + index * DAY
        await server.setClock(now)
        const page = join(place.source, 'SITE', `page${index % 3}`)
        writeFileSync(page, randomBytes(bytes))
        utimesSync(page, now / 1000, now / 1000)
        place.facts.freeSpace = { ...place.facts.freeSpace, bytes: nas.freeBytes }
        return await night(place, { now })
      }
      const set = (place: NightSite, file: 'full_backup_freq' | 'max_NAS_space', text: string): void =>
        writeFileSync(join(place.source, file), text)
      const names = (place: NightSite): string[] => readdirSync(place.archive).sort()
      const endOf = (outcomes: readonly Outcome[]): string =>
        outcomes.find(({ step }) => step === 'backup')?.status ?? 'no backup'
      const pruned = (outcomes: readonly Outcome[]): string => notesIn(outcomes, 'prune').join('\n')

      test('an archive without a byte left is pruned by each action, and the backup fits into what went', async () => {
        const { place, nas } = await smallSite('actions')
        set(place, 'full_backup_freq', '2D')
        for (let index = 0; index < 6; index++) await goOn(place, nas, index)
        set(place, 'full_backup_freq', '30D')
        set(place, 'max_NAS_space', '0.05')
        const left = join(place.archive, 'duplicity-full.20280102T050000Z.vol1.difftar.gz')
        writeFileSync(left, randomBytes(40_000))
        utimesSync(left, START / 1000, START / 1000)
        for (const [index, wanted] of [
          [6, /^significant: Clean up what is part of no chain, 1 file,/m],
          [7, /^significant: Delete the incrementals of the chain of 2028-01-01/m],
          [8, /^significant: Delete the chain of 2028-01-01/m],
        ] as const) {
          nas.fill()
          const outcomes = await goOn(place, nas, index, 5000)
          nas.empty()
          assert.match(pruned(outcomes), wanted)
          assert.doesNotMatch(notesIn(outcomes).join('\n'), /problem|failed/)
          assert.equal(endOf(outcomes), 'done')
        }
      })

      test('a backup that filled the archive is resumed once pruning has made room for it, though its set is not complete', async () => {
        const { place, nas } = await smallSite('resumed')
        set(place, 'full_backup_freq', '12h')
        writeFileSync(join(place.source, 'SITE', 'film'), randomBytes(1_200_000))
        for (let index = 0; index < 3; index++) await goOn(place, nas, index)
        set(place, 'full_backup_freq', '10D')
        nas.fill(1_300_000)
        const first = await goOn(place, nas, 3, 1_900_000)
        assert.equal(endOf(first), 'failed', notesIn(first).join('\n'))
        assert.match(notesIn(first, 'backup').join('\n'), /the disk of the archive is full/)
        const begun = names(place).filter(name => name.includes('.to.20280104'))
        assert.ok(begun.some(name => name.includes('.vol1.')) && !begun.some(name => name.includes('manifest')), begun.join())

        set(place, 'max_NAS_space', '0.1')
        const second = await night(place, { now: START + 4 * DAY - DAY / 2 })
        const room = place.facts.freeSpace.bytes!
        assert.ok(room > 1_000_000, 'the night before had room for a volume')
        assert.match(pruned(second), /an interrupted backup of this host is resumed first/)

        await server.setClock(START + 4 * DAY)
        place.facts.freeSpace = { ...place.facts.freeSpace, bytes: nas.freeBytes }
        const third = await night(place, { now: START + 4 * DAY })
        assert.match(pruned(third), /^significant: Delete the chain of 2028-01-01/m)
        assert.equal(endOf(third), 'done', notesIn(third).join('\n'))
        assert.ok(!existsSync(join(place.facts.host.paths.state, 'frozen')), pruned(third))
        assert.ok(!names(place).some(name => name.includes('full.20280101')))
        assert.ok(names(place).some(name => /inc\..*manifest/.test(name)))
      })

      // nothing of this depends on the version
      if (major === 3) return
      test('nothing goes before it is written down; what cannot be written down after it is compared again; no night lacks its backup', async () => {
        const { place, nas, state, logs } = await smallSite('unwritten')
        set(place, 'full_backup_freq', '12h')
        for (let index = 0; index < 4; index++) await goOn(place, nas, index)
        set(place, 'full_backup_freq', '30D')
        set(place, 'max_NAS_space', '0.01')
        for (const [index, disk, path] of [
          [4, state, 'state/pruning/blog.json'],
          [5, logs, 'logs/prune-20280106'],
        ] as const) {
          disk.fill()
          const was = names(place)
          const outcomes = await goOn(place, nas, index)
          disk.empty()
          assert.match(
            pruned(outcomes),
            new RegExp(
              `^problem: pruning failed: nothing goes before it is written down .*${path}.* cannot be written: its disk is full`,
              'm',
            ),
          )
          assert.doesNotMatch(pruned(outcomes), /significant/)
          assert.equal(endOf(outcomes), 'done')
          assert.deepEqual(
            names(place).filter(name => was.includes(name)),
            was,
          )
        }

        // takes a file too many, and what room there was for writing that down
        const greedy = join(folder, `greedy${major}`)
        const take = `rm ${place.archive}/duplicity-full.20280103*.manifest; sleep 1`
        writeFileSync(greedy, `#!/bin/sh\ncase $1 in remove*) ${take} ;; esac\nexec ${server.program} "$@"\n`, { mode: 0o755 })
        // in its sandbox it has no way to the state: that is filled here, as soon as the file is gone
        const watcher = watch(place.archive, (event, name) => {
          if (event === 'rename' && name?.startsWith('duplicity-full.20280103') && name.endsWith('.manifest')) state.fill()
        })
        Object.assign(place.facts.host.duplicity, { program: greedy })
        const bad = await goOn(place, nas, 6)
        watcher.close()
        Object.assign(place.facts.host.duplicity, { program: server.program })
        assert.match(
          pruned(bad),
          /problem: pruning failed: 1 file went, though not planned: .*the next run compares again: .*frozen\/blog/,
        )
        assert.equal(endOf(bad), 'done')
        const still = await goOn(place, nas, 7)
        assert.match(pruned(still), /problem: pruning failed: 1 file went, though not planned: .*the next run compares again/)
        assert.equal(endOf(still), 'done')
        rmSync(join(state.folder, 'ballast'))
        const next = await goOn(place, nas, 8)
        assert.match(pruned(next), /problem: nothing of blog is pruned any more: 1 file went, though not planned/)
        assert.equal(endOf(next), 'done')
        assert.match(pruned(await goOn(place, nas, 9)), /info: pruning of this site is stopped/)
      })
    })
  }
}
