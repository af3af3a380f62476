import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startDuplicity } from '../support/duplicity-server.ts'
import { makeNightSite, night, notesIn } from '../support/night.ts'

const START = Date.UTC(2028, 0, 1, 3)

for (const major of [0, 3] as const) {
  test(`nights into a URL with duplicity ${major}: sets and damage are known, sizes are not, and nothing is pruned for an allowance`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-url-'))
    const server = await startDuplicity(major, join(folder, 'server'))
    try {
      const archive = { kind: 'url' as const, url: `file://${folder}/nas`, options: ['--file-prefix=odd.'] }
      const place = await makeNightSite(folder, { duplicity: { program: server.program }, archive }, "it's é")
      await writeFile(join(place.source, 'max_NAS_space'), '0.0001')
      const goOn = async (index: number) => {
        await server.setClock(START + index * 86_400_000)
        await writeFile(join(place.source, 'SITE', 'page'), `night ${index}`.repeat(index + 1))
        const outcomes = await night(place, { now: START + index * 86_400_000 })
        assert.ok(
          outcomes.every(({ step, status }) => status === 'done' || step === 'Read back differs'),
          notesIn(outcomes).join('\n'),
        )
        return notesIn(outcomes).join('\n')
      }
      assert.match(
        await goOn(0),
        /0 chains, 0 bytes of 100 bytes, no backup yet[\s\S]*full backup: there is no full backup yet[\s\S]*full set of \? MB/,
      )
      assert.match(
        await goOn(1),
        /1 chain, \? MB of 100 bytes[\s\S]*the sizes of the sets are not known here[\s\S]*incremental set of \? MB/,
      )
      const volume = (await readdir(place.archive)).find(name => name.startsWith('odd.duplicity-inc') && name.includes('.vol'))!
      await rm(join(place.archive, volume))
      assert.match(await goOn(2), /full backup: the newest chain is damaged/)
    } finally {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    }
  })
}
