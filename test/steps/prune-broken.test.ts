import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { problemsOf } from '../../lib/core/collection.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { freeze, unfreezeCommand } from '../../lib/site/prune-state.ts'
import { listFolder } from '../duplicity/real-archive.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { makeNightSite, type NightOptions, type NightSite, night, notesIn } from '../support/night.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const VERSIONS = [0, 3] as const

/** What can go wrong around pruning, with real duplicity of both versions. */
describe('prune', () => {
  let folder: string
  let servers: Record<0 | 3, DuplicityServer>
  let count = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-prune-broken-'))
    const [zero, three] = await Promise.all(VERSIONS.map(major => startDuplicity(major, join(folder, `server${major}`))))
    servers = { 0: zero!, 3: three! }
  })
  after(async () => {
    for (const server of Object.values(servers)) await server[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  /** A site with so many nights, a full every four, which no allowance stops. `programOf` says what makes each night's backup. */
  async function siteAfter(nights: number, programOf: (index: number) => string, name = 'blog'): Promise<NightSite> {
    const place = await makeNightSite(
      join(folder, String(count++)),
      { duplicity: { compression: 'none' }, keepIncrementals: 1 },
      name,
    )
    await writeFile(join(place.source, 'full_backup_freq'), '4D')
    for (let index = 0; index < nights; index++) await goOn(place, index, programOf(index))
    return place
  }

  async function goOn(place: NightSite, index: number, program: string, options: Partial<NightOptions> = {}) {
    const now = START + index * DAY
    for (const major of VERSIONS) await servers[major].setClock(now)
    Object.assign(place.facts.host.duplicity, { program })
    const page = join(place.source, 'SITE', `page${index % 3}`)
    await writeFile(page, randomBytes(50_000))
    await utimes(page, now / 1000, now / 1000)
    const outcomes = await night(place, { now, ...options })
    return notesIn(outcomes).join('\n')
  }

  const allow = (place: NightSite, megabytes: number) => writeFile(join(place.source, 'max_NAS_space'), String(megabytes))
  const look = async (place: NightSite) => collectionOf(await listFolder(place.archive))
  const frozen = (place: NightSite) => existsSync(join(place.facts.host.paths.state, 'frozen'))

  /** Nights without an allowance to speak of, until only what may not go is left. Gives their notes. */
  async function pruneAll(place: NightSite, from: number, program: string): Promise<string[]> {
    const notes: string[] = []
    for (let index = from; index < from + 10; index++) notes.push(await goOn(place, index, program))
    return notes
  }

  for (const major of VERSIONS) {
    test(`duplicity ${major} that is killed in the middle of deleting a chain: what is left is deleted by the next nights, and nothing else`, async () => {
      const { program } = servers[major]
      const place = await siteAfter(11, () => program)
      await allow(place, 0.1)
      const killer = join(folder, `killer${major}`)
      // ends it as soon as something has gone: the rest of what it was to delete stays
      const script = [
        '#!/bin/bash',
        `case $1 in remove*|cleanup) ;; *) exec '${program}' "$@" ;; esac`,
        `count() { ls '${place.archive}' | wc -l; }`,
        'was=$(count)',
        `setsid '${program}' "$@" & child=$!`,
        'while kill -0 $child 2>/dev/null && [ "$(count)" -ge "$was" ]; do :; done',
        'kill -9 $child; wait $child; exit 137',
      ].join('\n')
      await writeFile(killer, script, { mode: 0o755 })
      const notes: string[] = []
      for (let index = 11; index < 15; index++) notes.push(await goOn(place, index, killer))
      assert.match(notes.join('\n'), /problem: pruning failed/)
      assert.ok(!frozen(place), notes.join('\n'))
      notes.push(...(await pruneAll(place, 15, program)))
      assert.ok(!frozen(place), notes.join('\n'))
      const { chains, orphaned, incomplete } = await look(place)
      assert.deepEqual([orphaned, incomplete], [[], []], notes.join('\n'))
      assert.ok(chains.length <= 3, `${chains.length} chains are left\n${notes.join('\n')}`)
      assert.deepEqual(problemsOf(await look(place)), [])
    })

    test(`two hosts that prune one archive at the same moment with duplicity ${major} delete what one would have deleted`, async () => {
      const { program } = servers[major]
      const one = await siteAfter(15, () => program)
      const other = await makeNightSite(join(folder, String(count++)), {
        duplicity: { compression: 'none', program },
        keepIncrementals: 1,
      })
      const there = { ...other, facts: { ...other.facts, archive: one.facts.archive }, archive: one.archive }
      for (const place of [one, there]) await allow(place, 0.1)
      const before = (await look(one)).chains.length
      for (let index = 15; index < 18; index++) {
        const wanted = await look(one)
        const both = await Promise.all([one, there].map(place => goOn(place, index, program, { noBackup: true })))
        const now = await look(one)
        // one action a host and night, and both are the same: no more than one chain goes or loses its incrementals
        const touched = wanted.chains.filter(
          chain => now.chains.find(each => each.startAt === chain.startAt)?.endAt !== chain.endAt,
        )
        assert.ok(touched.length <= 2, both.join('\n---\n'))
        assert.ok(
          now.chains.some(
            chain => chain.startAt === wanted.chains.at(-1)!.startAt && chain.endAt === wanted.chains.at(-1)!.endAt,
          ),
        )
        assert.ok(!frozen(one) && !frozen(there), both.join('\n---\n'))
      }
      const left = await look(one)
      assert.ok(left.chains.length >= 1 && left.chains.length < before)
      assert.deepEqual(problemsOf(left), [])
    })
  }

  test('an archive that both versions wrote in turns is pruned by either, and goes on', async () => {
    const inTurns = (index: number) => servers[VERSIONS[Math.floor(index / 3) % 2]!].program
    const place = await siteAfter(16, inTurns)
    await allow(place, 0.1)
    const notes: string[] = []
    for (let index = 16; index < 24; index++) notes.push(await goOn(place, index, inTurns(index + (index % 2))))
    assert.doesNotMatch(notes.join('\n'), /problem|failed|warning/)
    assert.match(notes.join('\n'), /Delete the incrementals[\s\S]*Delete the chain/)
    assert.deepEqual(problemsOf(await look(place)), [])
  })

  for (const name of [`it's "a" $(touch x) \`b\` & 'c'`, '-rf', '%2e%2e a*b?[c] é']) {
    test(`a site named ${JSON.stringify(name)} is backed up and pruned, and a person can paste the command that lets stopped pruning go on`, async () => {
      const { program } = servers[3]
      const place = await siteAfter(8, () => program, name)
      await allow(place, 0.1)
      const note = await goOn(place, 8, program)
      assert.match(note, /significant: Delete the chain of 2028-01-01/)
      assert.doesNotMatch(note, /problem|failed/)
      assert.deepEqual(
        (await look(place)).chains.map(chain => new Date(chain.startAt).getUTCDate()),
        [5, 9],
      )
      const { host } = place.facts
      freeze(host, name, ['for a test'], START)
      assert.match(await goOn(place, 9, program, { noBackup: true }), /info: pruning of this site is stopped: since 2028/)
      execFileSync('sh', ['-c', unfreezeCommand(host, name)])
      assert.doesNotMatch(await goOn(place, 9, program, { noBackup: true }), /stopped/)
    })
  }
})
