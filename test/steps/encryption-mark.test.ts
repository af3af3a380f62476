import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Secret } from '../../lib/core/secret.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import type { NeedsOf } from '../../lib/engine/step.ts'
import { checkEncryption } from '../../lib/steps/gpg.ts'
import { encryptionOf, isSlow, readMarks } from '../../lib/store/encryption-marks.ts'
import { filesOfSite } from '../../lib/store/share-files.ts'
import { chainSketch, listing } from '../duplicity/archive.ts'
import { hostIn, NO_REQUEST, ownFolder, siteOf } from '../support/host.ts'
import { inOwnMounts } from '../support/own-mounts.ts'
import { notesOf, outcomeOf, perform } from '../support/perform.ts'
import { hearingShell } from '../support/shell.ts'
import { SmallDisk } from '../support/small-disk.ts'

if (inOwnMounts(import.meta.filename)) {
  const disk = new SmallDisk(join(ownFolder('encryption-mark'), 'disk'), '1m')
  after(() => disk.unmount())
  const folder = join(disk.folder, 'blog')
  const file = join(folder, '.holdfast-encryption')
  mkdirSync(folder)
  const secrets = new Map([['WORD', new Secret('of the test')]])
  const generated = { kind: 'passphrase', secret: 'WORD', generated: true } as const
  const siteArchive = { folder, url: `file://${folder}`, options: [], prefix: '' }
  const marks = () => readMarks(filesOfSite(siteArchive, hearingShell().shell)!)
  const troubles: readonly [what: string, begin: () => void, end: () => void][] = [
    ['full (ENOSPC)', () => disk.fill(), () => disk.empty()],
    ['read-only (EROFS)', () => disk.mayWrite(false), () => disk.mayWrite(true)],
  ]

  for (const [what, begin, end] of troubles)
    for (const encryption of [generated, { kind: 'none' } as const])
      test(`on an archive that is ${what} a mark (${encryption.kind}) can wait, and the check goes on`, async () => {
        rmSync(file, { force: true })
        const host = hostIn(join(disk.folder, 'host'), { encryption })
        const isKept = encryption.kind === 'passphrase'
        const slow = {
          since: new Date(0).toISOString(),
          ...(await encryptionOf({ encryption: { ...generated, generated: false } }, secrets)),
        }
        if (isKept) writeFileSync(file, `${JSON.stringify(slow)}\n`)
        const before = isKept ? readFileSync(file, 'utf8') : undefined
        const check = async () => {
          const chain = recipe<NeedsOf<typeof checkEncryption>>().do(checkEncryption)
          const collection = collectionOf(listing(...chainSketch(0, 2)))
          const facts = {
            host,
            secrets,
            site: siteOf(host, 'blog'),
            siteArchive,
            collection,
            request: NO_REQUEST,
            newPassphrase: false,
          }
          const performed = await perform(chain, facts)
          return { status: outcomeOf(performed, 'encryption').status, notes: notesOf(performed) }
        }
        begin()
        const late = await check().finally(end)
        assert.equal(late.status, 'done')
        assert.deepEqual(late.notes, [`warning: ${file} cannot be written: its disk is ${what}: the next run tries it again`])
        assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : undefined, before)
        assert.deepEqual(await check(), { status: 'done', notes: [] })
        assert.deepEqual(
          (await marks()).map(mark => [mark.kind, isSlow(mark, host)]),
          [[encryption.kind, false]],
        )
      })
}
