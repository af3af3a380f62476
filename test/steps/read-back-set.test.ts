import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { RunEvent } from '../../lib/core/outcome.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { recordsIn, storedIn } from '../../lib/store/record-lines.ts'
import { type DuplicityServer, startDuplicity } from '../support/duplicity-server.ts'
import { ownFolder } from '../support/host.ts'
import { makeNightSite, type NightSite, night, notesIn } from '../support/night.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
const folder = ownFolder('read-back-set')
const PASSPHRASE = { kind: 'passphrase', secret: 'WORD', generated: true } as const

for (const major of [0, 3] as const) {
  describe(`reading back what duplicity ${major} made`, () => {
    let server: DuplicityServer
    let count = 0
    const clock = join(folder, `server${major}`, 'clock')
    before(async () => {
      server = await startDuplicity(major, join(folder, `server${major}`))
    })
    after(() => server[Symbol.asyncDispose]())

    /** A site, whose duplicity does what `after` says, in a shell, once it has added a set; `after` knows the archive and this host's copies. */
    async function begin(encryption: HostFile['encryption'] = { kind: 'none' }, compression?: 'none') {
      const at = join(folder, `${major}-${count++}`)
      const program = join(folder, `duplicity${major}-${count}`)
      const place = await makeNightSite(at, {
        duplicity: { program, volumeSize: 1, ...(compression && { compression }) },
        encryption,
      })
      place.facts.secrets = new Map([['WORD', new Secret('known only to the test')]])
      const copies = join(place.facts.host.paths.cache, 'duplicity', 'blog.backup')
      let nights = 0
      const goOn = async (after = ''): Promise<string[]> => {
        const script = `#!/bin/bash\n'${server.program}' "$@" || exit\narchive='${place.archive}' copies='${copies}'\n${after}\n`
        writeFileSync(program, script, { mode: 0o755 })
        let now = START + nights++ * DAY
        await server.setClock(now)
        writeFileSync(join(place.source, 'SITE', 'page'), randomBytes(20_000))
        utimesSync(join(place.source, 'SITE', 'page'), now / 1000, now / 1000)
        // each call of the server begins at the time that is set: here time goes on
        const onEvent = (event: RunEvent): void => {
          if (event.kind !== 'command' || !event.command.line.includes(program)) return
          now += 60_000
          writeFileSync(clock, String(now))
        }
        return notesIn(await night(place, { now: () => now, onEvent }))
      }
      return { place, copies, goOn }
    }

    const namesIn = ({ archive }: NightSite) => readdirSync(archive).filter(name => name.startsWith('duplicity'))
    /** Of the same size, so that no listing tells. */
    const spoil = (file: string): void => writeFileSync(file, 'x'.repeat(readFileSync(file).length))
    /** Shell: changes the byte in the middle of files. */
    const FLIP = (files: string) =>
      `for f in ${files}; do at=$(($(stat -c %s "$f") / 2)); was=$(od -An -tu1 -j $at -N 1 "$f")
        printf "\\\\$(printf %o $((was ^ 255)))" | dd of="$f" bs=1 seek=$at conv=notrunc status=none; done`

    for (const encryption of [{ kind: 'none' } as const, PASSPHRASE])
      test(`(${encryption.kind}) what the archive spoils while it is written is put back the same night`, async () => {
        const { place, goOn } = await begin(encryption)
        await goOn()
        for (const file of ['*.manifest*', '*-signatures.*']) {
          const notes = await goOn(FLIP(`$(ls -t "$archive"/${file} | head -n 1)`))
          assert.match(
            notes.join(),
            /significant: incremental set of .*: its (manifest|file of signatures) .*; it was restored from/,
          )
          assert.equal(notes.filter(note => /^(warning|problem|failed)/.test(note)).length, 0, notes.join())
        }
        assert.match((await goOn()).join(), /info: incremental backup.*info: manifest and signatures are as they were made/)
        const [newest] = recordsIn(readFileSync(join(place.archive, '.holdfast-sets'), 'utf8'))
        const stored = Object.entries(storedIn([newest!]))
        assert.equal(stored.length, 3)
        for (const [name, { bytes, sha1, sha256 }] of stored) {
          assert.equal(readFileSync(join(place.archive, name)).length, bytes)
          assert.ok(name.includes('.vol') ? sha1 : sha256, name)
        }
      })

    for (const encryption of [{ kind: 'none' } as const, PASSPHRASE])
      test(`(${encryption.kind}) a share that freezes while the manifest is sent: the set is finished, and known as it is then`, async () => {
        const { goOn } = await begin(encryption)
        await goOn()
        const frozen = await goOn(
          'truncate -s 100 "$archive"/*-inc.*.manifest*; cd "$copies"; name=$(ls *-inc.*.manifest); mv $name $name.part; exit 1',
        )
        assert.match(frozen.join(), /failed: duplicity failed/)
        const notes = await goOn()
        assert.match(notes.join('\n'), /was cut off: it is finished[\s\S]*info: incremental backup: /)
        assert.deepEqual(
          notes.filter(note => /^(warning|problem|failed)/.test(note)),
          [],
        )
      })

    test('a set whose signatures cannot be read and not be put back gets a full the same night', async () => {
      const { goOn } = await begin(PASSPHRASE)
      await goOn()
      const once = `[ -e "$archive"/.spoiled ] || { touch "$archive"/.spoiled; rm "$copies"/*new-signatures*; ${FLIP('"$archive"/*new-signatures*')}; }`
      const notes = await goOn(once)
      assert.match(
        notes.join('\n'),
        /warning: incremental set of .*: its file of signatures cannot be decrypted.*\n.*full backup: the signatures of the newest chain/,
      )
      assert.equal(notes.filter(note => /^(problem|failed)/.test(note)).length, 0, notes.join())
      assert.match((await goOn()).join(), /info: incremental backup/)
    })

    test('the newest manifest is damaged when duplicity wants to read it: it is put back, and the backup made', async () => {
      const { place, goOn } = await begin(major === 0 ? { kind: 'none' } : PASSPHRASE)
      for (let nights = 0; nights < 2; nights++) await goOn()
      const manifest = join(place.archive, namesIn(place).find(name => /inc.*manifest/.test(name))!)
      spoil(manifest)
      const notes = await goOn()
      assert.match(
        notes.join('\n'),
        /significant: .* its manifest .*; it was restored from[\s\S]*info: it is tried again: [\s\S]*incremental set of/,
      )
      assert.equal(notes.filter(note => /^(problem|failed)/.test(note)).length, 0, notes.join())
    })

    test('a newest manifest that is cut off, of which this host has no copy, keeps no backup from being made', async () => {
      const { place, copies, goOn } = await begin()
      for (let nights = 0; nights < 2; nights++) await goOn()
      rmSync(copies, { recursive: true })
      const manifest = namesIn(place).find(name => /inc.*manifest/.test(name))!
      truncateSync(join(place.archive, manifest), readFileSync(join(place.archive, manifest)).indexOf('Volume 1:') + 12)
      const notes = await goOn()
      assert.match(notes.join(), /its manifest has \d+ bytes, and \d+ were written/)
      assert.equal(notes.filter(note => /^(problem|failed)/.test(note)).length, 0, notes.join())
      assert.ok(readdirSync(place.archive).includes(`.holdfast-damaged.${manifest}`) || major === 0)
      assert.match((await goOn()).join(), /info: incremental backup/)
    })

    for (const what of [/inc.*manifest/, /full.*manifest/])
      test(`${what.source} is garbled in part, and what duplicity makes of it is no copy to restore it from: no night fails`, async () => {
        const { place, copies, goOn } = await begin(PASSPHRASE, 'none')
        for (let nights = 0; nights < 2; nights++) await goOn()
        rmSync(copies, { recursive: true })
        const file = join(place.archive, namesIn(place).find(name => what.test(name))!)
        const bytes = readFileSync(file)
        writeFileSync(file, bytes.fill(0, Math.floor(bytes.length * 0.6), Math.floor(bytes.length * 0.65)))
        const nights = [await goOn(), await goOn()].flat()
        assert.deepEqual(
          nights.filter(note => /^(problem|failed)|restored from this host/.test(note)),
          [],
        )
      })

    for (const what of [/inc.*manifest/, /full.*manifest/, /full-signatures/, /new-signatures/])
      test(`${what.source} cannot be read, and this host has lost its copies: a new chain is begun the same night`, async () => {
        const { place, copies, goOn } = await begin(PASSPHRASE)
        for (let nights = 0; nights < 2; nights++) await goOn()
        rmSync(copies, { recursive: true })
        spoil(join(place.archive, namesIn(place).find(name => what.test(name))!))
        const notes = await goOn()
        assert.match(notes.join('\n'), /it is tried again[\s\S]*significant: full backup: [\s\S]*info: full set of/)
        assert.equal(notes.filter(note => /^failed/.test(note)).length, 0, notes.join())
        assert.match((await goOn()).join(), /info: incremental backup/)
      })
  })
}
