import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { recordsIn } from '../../lib/store/record-lines.ts'
import { duplicity3 } from '../support/duplicity3.ts'
import { failingShare } from '../support/failing-share.ts'
import { ownFolder } from '../support/host.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { whilePathHas } from '../support/programs.ts'

if (inOwnMounts(import.meta.filename)) {
  const folder = ownFolder('unread')
  const problemsOf = async (site: NightSite): Promise<string[]> =>
    notesIn(await night(site, { now: Date.now }), 'backup').filter(note => /^(problem|failed)/.test(note))
  const unreadIn = (site: NightSite): readonly string[] | undefined =>
    recordsIn(readFileSync(join(site.archive, '.holdfast-sets'), 'utf8'))[0]!.unread
  const ALL = ['closed.txt', 'locked', 'torn.txt', 'unlisted', 'unseen.txt'].map(name => `SITE/share/${name}`)

  for (const version of [0, 3] as const) {
    const within = async (work: () => Promise<void>): Promise<void> =>
      version === 0 ? work() : whilePathHas(await duplicity3(), work)
    describe(`duplicity ${version}`, () => {
      test('what cannot be read is named, written down, and the site is not well', () =>
        within(async () => {
          const site = await makeNightSite(join(folder, `share-${version}`))
          const point = join(site.source, 'SITE', 'share')
          mkdirSync(point)
          await using share = await failingShare(point)
          try {
            assert.deepEqual(await problemsOf(site), [])
            assert.equal(unreadIn(site), undefined)
            share.fails(true)
            const [problem, ...more] = await problemsOf(site)
            assert.match(problem!, new RegExp(`^problem: could not be read, .*: ${ALL.join(', ')}\\.`))
            assert.deepEqual(more, [])
            assert.deepEqual(unreadIn(site), ALL)
            if (version === 3) return
            share.fails(false)
            const mended = notesIn(await night(site, { now: Date.now }), 'backup')
            assert.match(
              mended[0]!,
              /full backup: the newest chain has only the beginning of SITE\/share\/torn\.txt, which can be read again/,
            )
            assert.deepEqual(await problemsOf(site), [])
            await share.breaks()
            assert.match((await problemsOf(site))[0]!, /as it is: SITE\/share\./)
            assert.deepEqual(unreadIn(site), ['SITE/share'])
          } finally {
            execFileSync('umount', [point])
          }
        }))
    })
  }

  test('a path that is longer than the system takes is named', async () => {
    const site = await makeNightSite(join(folder, 'deep'))
    const script = 'cd "$1" && for i in $(seq 20); do mkdir "$2" && cd -P "$2" || exit; done; echo deep > file'
    execFileSync('sh', ['-c', script, 'deep', join(site.source, 'SITE'), 'd'.repeat(250)])
    assert.match((await problemsOf(site))[0]!, /as it is: SITE\/d{250}\/[d/]+\./)
    execFileSync('rm', ['-r', site.source])
  })
}
