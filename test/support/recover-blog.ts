import assert from 'node:assert/strict'
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { DatedNights } from './dated-nights.ts'
import { quickFolder } from './quick-folder.ts'
import { dumpOf, quickSite, runTask } from './recovering.ts'
import { snapshot } from './snapshot.ts'
import { claim, type Ended, Stage, type StageHost } from './stage.ts'

const DAY = 86_400_000
const FIRST = Date.parse('2026-01-05T03:00:00Z')

/** How the site is: its files and its database. */
export interface Look {
  readonly files: Record<string, string>
  readonly database: string
}

/** A primary site `blog` of the host web1, with two sets: of 2026-01-05 03:00:00 UTC, when another host owned it, and of a day later. */
export interface Blog {
  readonly stage: Stage
  readonly host: StageHost
  readonly folder: string
  /** How it was when the second set was made. */
  readonly second: Look
  readonly look: () => Look
  readonly recover: (...words: string[]) => Promise<Ended>
  /** Recovers, wants it to end well, and gives what was printed. */
  readonly well: (...words: string[]) => Promise<string>
  /** Writes a file of it, with a time so many days after the first set. */
  readonly write: (path: string, text: string, days: number) => void
}

/** The words that mean the first set. */
export const FIRST_NIGHT = ['--at', '2026-01-05T12:00:00Z']

/** Makes it for a file of tests, with a database server and a folder that are gone after them. */
export async function blogFor(tests: string): Promise<{ folder: string; mariadb: Mariadb; blog: Blog }> {
  const folder = quickFolder(tests)
  const mariadb = await startMariadb(join(folder, 'db'))
  after(() => mariadb.stop())
  return { folder, mariadb, blog: await makeBlog(join(folder, 'stage'), mariadb) }
}

/** The database is `rc_blog`. */
async function makeBlog(folder: string, mariadb: Mariadb): Promise<Blog> {
  const stage = new Stage(folder)
  const fields = { database: { socket: mariadb.socket }, keepPrevious: 7 } as object
  const host = stage.addHost('web1', fields)
  const site = await quickSite(host.vhosts, 'blog', 'rc_blog', mariadb)
  const at = (path: string): string => join(site.folder, path)
  const look = () => ({ files: snapshot(site.folder), database: dumpOf(mariadb, 'rc_blog') })
  const write = (path: string, text: string, days: number): void => {
    writeFileSync(at(path), text)
    utimesSync(at(path), FIRST / 1000 + days * 86_400, FIRST / 1000 + days * 86_400)
  }
  const nights = new DatedNights(stage, host, 'blog', fields)
  writeFileSync(at('PRIMARY_IS_web9'), '')
  write('max_NAS_space', '500\n', 0)
  writeFileSync(at('full_backup_freq'), '3M\n')
  mkdirSync(at('SITE/uploads'))
  write('SITE/uploads/a.txt', 'first', 0)
  write('SITE/gone.txt', 'only in the first', 0)
  await nights.backUp(FIRST)
  for (const path of ['PRIMARY_IS_web9', 'full_backup_freq', 'SITE/gone.txt']) rmSync(at(path))
  claim(site.folder, host)
  write('max_NAS_space', '700\n', 1)
  write('SITE/uploads/a.txt', 'second', 1)
  await mariadb.query("INSERT INTO wp_posts (title) VALUES ('Second')", 'rc_blog')
  await nights.backUp(FIRST + DAY)

  const recover = (...words: string[]) => runTask(stage, 'recover', host, ['--site', 'blog', ...words])
  const well = async (...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await recover(...words, '--yes')
    assert.equal(code, 0, `${words}: ${stdout}\n${stderr}`)
    return stdout
  }
  return { stage, host, folder: site.folder, second: look(), look, recover, well, write }
}
