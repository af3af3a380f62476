import { join } from 'node:path'
import type { SetTest } from '../../lib/core/page.ts'
import { printTime, type RestorePoint, restorePoints } from '../../lib/core/restore-point.ts'
import { Secret } from '../../lib/core/secret.ts'
import { readCollection } from '../../lib/duplicity/io/collection.ts'
import type { Question } from '../../lib/host/ask-pages.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { testRestore } from '../../lib/restore-test/test-restore.ts'
import { type Archive, siteArchiveOf } from '../../lib/store/archive.ts'
import { hostIn, siteOf } from './host.ts'
import { hearingShell } from './shell.ts'
import { PASSPHRASE, type Stage, type StageHost } from './stage.ts'

/** Restores sets of a site of a stage into the sandbox, in this process. */
export async function testRestores(stage: Stage, host: StageHost, name: string, fields: Partial<HostFile> = {}) {
  const { shell, notes } = hearingShell()
  const given = hostIn(host.folder, { archive: { kind: 'folder', path: stage.archive }, ...fields })
  const site = siteOf(given, name)
  const siteArchive = siteArchiveOf({ kind: 'folder', root: stage.archive } as unknown as Archive, name)
  const facts = { host: given, secrets: new Map([['PP', new Secret(PASSPHRASE)]]), site, siteArchive }
  const collection = await readCollection(facts, shell)
  const points = restorePoints(collection)
  const test = async (point: RestorePoint, question: Partial<Question> = {}, seconds = 120): Promise<SetTest> => {
    const asked = { urls: ['http://127.0.0.1/'], host: 'shop.example', expect: undefined, domains: [], ...question }
    const tested = await testRestore({ ...facts, collection, point }, { question: asked, judge: undefined }, seconds, shell)
    if (!tested) throw new Error(`nothing was restored of ${printTime(point.time)}`)
    return tested
  }
  return { points, test, notes, cache: join(host.folder, 'cache') }
}
