import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { withDuplicity3 } from '../support/duplicity3.ts'
import { fieldsIn, ownFolder } from '../support/host.ts'
import { PASSPHRASE, Stage, type StageHost, troubles } from '../support/stage.ts'
import { createStaticSite } from '../support/static-stage.ts'

const folder = ownFolder('compression')
const said = (told: Awaited<ReturnType<Stage['told']>>): string =>
  told.outcomes.flatMap(({ notes }) => notes.map(({ text }) => text)).join('\n')

/** A host whose inventory says so of compression. */
function compressing(stage: Stage, host: StageHost, compression: string, encryption: object): void {
  const fields = {
    archive: { kind: 'folder', path: stage.archive },
    setAtLeastEvery: '1s',
    encryption,
    duplicity: { compression },
  }
  writeFileSync(join(stage.folder, 'hosts', `${host.name}.json`), JSON.stringify(fieldsIn(host.folder, fields as object)))
}

for (const major of [2, 3] as const)
  describe(`a set that is not compressed, duplicity ${major === 2 ? '0.8' : '3'}`, () => {
    let env: NodeJS.ProcessEnv
    before(async () => {
      env = major === 3 ? await withDuplicity3() : { ...process.env }
      env.GNUPGHOME = join(folder, `gnupg-${major}`)
      execFileSync('mkdir', ['-pm', '700', env.GNUPGHOME])
    })
    for (const kind of ['none', 'passphrase'] as const)
      test(`and one that is make a chain that plain duplicity restores, encryption ${kind}`, async () => {
        const stage = new Stage(join(folder, `${major}-${kind}`))
        const encryption = kind === 'none' ? { kind } : { kind, secret: 'PP', generated: true }
        const host = stage.addHost('web1')
        compressing(stage, host, 'auto', encryption)
        const site = await createStaticSite(host, 'blog')
        const [photo, text] = [join(site, 'SITE/photo.jpg'), join(site, 'SITE/log.txt')]
        writeFileSync(photo, randomBytes(2_000_000))

        const first = await stage.told(host, [], env)
        assert.deepEqual(troubles(first), [])
        assert.match(said(first), /^not compressed: \d+ pieces of its files, .* come to .* \(100 %\)$/m)
        assert.match(said(first), /^full set of 2\.\d\d MB from 2\.\d\d MB of changes/m)
        if (kind === 'none')
          assert.ok(
            names(stage).some(name => name.endsWith('.difftar')),
            names(stage).join(),
          )

        writeFileSync(text, 'the same line\n'.repeat(50_000))
        const second = await stage.told(host, [], env)
        assert.doesNotMatch(said(second), /compressed:/, 'what is added is as what it is added to')
        assert.match(said(second), /^incremental set of \d+ kB from \d+ kB of changes/m)

        compressing(stage, host, 'default', encryption)
        writeFileSync(text, 'another line\n'.repeat(50_000))
        const third = await stage.told(host, [], env)
        assert.match(said(third), /^incremental set of [\d.]+ kB from \d+ kB of changes/m)

        const into = join(stage.folder, 'restored')
        const words = ['restore', ...(kind === 'none' ? ['--no-encryption'] : []), `file://${stage.archive}/blog`, into]
        execFileSync('duplicity', [...words, '--archive-dir', join(stage.folder, 'cache')], {
          env: { ...env, PASSPHRASE },
          stdio: 'pipe',
        })
        for (const path of ['photo.jpg', 'log.txt'])
          assert.ok(readFileSync(join(into, 'SITE', path)).equals(readFileSync(join(site, 'SITE', path))), path)
        rmSync(into, { recursive: true })
      })
  })

const names = (stage: Stage): readonly string[] => readdirSync(join(stage.archive, 'blog'))
