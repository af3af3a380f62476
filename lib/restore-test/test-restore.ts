import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type SetTest, withTest } from '../core/page.ts'
import type { RestorePoint } from '../core/restore-point.ts'
import { importableAmount, tablesAmount, treeAmount, volumeAmount } from '../core/room.ts'
import { treeSizeIn } from '../core/set-record.ts'
import { messageOf, spaceText } from '../core/wording.ts'
import { fetchTree } from '../duplicity/io/fetch.ts'
import type { Shell } from '../engine/shell.ts'
import { diskOf, leastFree } from '../host/disk.ts'
import { makeScratch } from '../host/scratch.ts'
import type { Host } from '../inventory/schema.ts'
import type { SiteArchive } from '../store/archive.ts'
import type { Needs } from '../store/facts.ts'
import { readSetRecords, recordSet } from '../store/set-records.ts'
import { askRestored, NotTested } from './ask-restored.ts'
import type { ToServe } from './serve-and-ask.ts'

type Facts = Needs<'host' | 'secrets' | 'site' | 'siteArchive' | 'collection'> & { readonly point: RestorePoint }

/**
 * Restores a set of a site into a scratch folder, and asks it as the live one is asked: served by a web server and a
 * database server of its own, in a sandbox without a network. @param seconds for all of it
 * @returns undefined in a dry run @throws {NotTested} where that says nothing of the set
 */
export async function testRestore(
  facts: Facts,
  asked: Pick<ToServe, 'question' | 'judge'>,
  seconds: number,
  shell: Shell,
): Promise<SetTest | undefined> {
  const { host, secrets, site, siteArchive, collection, point } = facts
  const end = performance.now() + seconds * 1000
  const limited = (): Shell => shell.with({ timeout: Math.max(1, (end - performance.now()) / 1000) })
  await using scratch = makeScratch(host)
  await assertRoom(facts, scratch.path, shell)
  const tree = join(scratch.path, 'tree')
  const began = performance.now()
  try {
    await fetchTree({ host, secrets, site: site.name, archive: siteArchive, collection, point, into: tree }, limited())
    const restored = (performance.now() - began) / 1000
    if (!existsSync(tree)) return undefined
    const { answer, ...served } = await askRestored(facts, scratch.path, asked, limited)
    return { at: shell.now(), ...answer, restored, ...served }
  } catch (error) {
    if (shell.stop.aborted || error instanceof NotTested) throw error
    if (performance.now() >= end) throw new NotTested(`it was not done within ${seconds} s`)
    return { at: shell.now(), works: false, said: messageOf(error).slice(0, MOST_SAID) }
  }
}

const MOST_SAID = 200

/** What is fetched for a test must not fill the disk of a server that works: there has to be room for twice as much. */
async function assertRoom({ host, siteArchive, point }: Facts, folder: string, shell: Shell): Promise<void> {
  const size = treeSizeIn(await readSetRecords(siteArchive, shell), point.time)
  const dump = size?.dump
  const parts = [treeAmount(point, size), volumeAmount(point), ...(dump ? [importableAmount(dump), tablesAmount(dump)] : [])]
  const needed = parts.reduce((sum, part) => sum + 2 * (part?.about ?? 0), leastFree(host))
  const disk = diskOf(folder)
  if (disk && disk.free < needed)
    throw new NotTested(`there is no room for it on the disk of ${host.paths.cache}: ${spaceText(disk.free, needed)}`)
}

/** Writes down beside a set what came of its restore. @throws {NotOwner} when the archive is another's by now */
export async function recordTest(host: Host, archive: SiteArchive, time: number, test: SetTest, shell: Shell): Promise<void> {
  const { tests = [] } = (await readSetRecords(archive, shell)).find(record => record.time === time) ?? {}
  await recordSet(archive, time, { tests: withTest(tests, test) }, shell, { owner: host })
}
