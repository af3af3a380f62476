import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { serve } from '../../lib/sandbox/web.ts'
import { addPost, type WordPressSite } from '../../lib/sandbox/wordpress.ts'
import { DatedNights } from '../support/dated-nights.ts'
import { quickFolder } from '../support/quick-folder.ts'
import { dumpOf, runTask, smallWordpress } from '../support/recovering.ts'
import { snapshot } from '../support/snapshot.ts'
import { claim, Stage } from '../support/stage.ts'

const folder = quickFolder('recover-nights')
const NIGHTS = 30
const DAY = 86_400_000
const FIRST = Date.parse('2026-01-05T03:00:00Z')
let mariadb: Mariadb

before(async () => {
  mariadb = await startMariadb(join(folder, 'db'))
})
after(() => mariadb.stop())

/** What a database has besides tables and rows. */
const definitions = ({ database: { user } }: WordPressSite): string => `
  CREATE TABLE parents (id INT PRIMARY KEY, name BLOB) ENGINE=InnoDB;
  CREATE TABLE children (id INT PRIMARY KEY AUTO_INCREMENT, parent INT, FOREIGN KEY (parent) REFERENCES parents (id)) ENGINE=InnoDB;
  CREATE DEFINER='${user}'@localhost VIEW named AS SELECT name FROM parents WHERE id > 0;
  CREATE DEFINER='${user}'@localhost TRIGGER no_zero BEFORE INSERT ON parents FOR EACH ROW SET NEW.id = IF(NEW.id = 0, 1, NEW.id);
  CREATE DEFINER='${user}'@localhost PROCEDURE how_many() SELECT COUNT(*) FROM parents;
  CREATE DEFINER='${user}'@localhost EVENT tidy ON SCHEDULE EVERY 1 DAY DO DELETE FROM children WHERE id = 999`

/** A day in the life of a site: content, modes, owners, links, deletions, a file that becomes a folder; rows, tables, definitions. */
async function live(site: WordPressSite, night: number, time: number): Promise<void> {
  const at = (name: string): string => join(site.root, name)
  const touch = (name: string): void => utimesSync(at(name), time / 1000 - 3600, time / 1000 - 3600)
  appendFileSync(at('diary.txt'), `night ${night}\n`)
  writeFileSync(at(`wp-content/uploads/of-${night}.bin`), Buffer.alloc(2000, night))
  writeFileSync(at('same-size.txt'), String(night).padStart(4, '0'))
  for (const name of ['diary.txt', `wp-content/uploads/of-${night}.bin`, 'same-size.txt']) touch(name)
  rmSync(at(`wp-content/uploads/of-${night - 3}.bin`), { force: true })
  rmSync(at('latest'), { force: true })
  execFileSync('ln', ['-s', night % 4 === 0 ? 'nowhere' : `wp-content/uploads/of-${night}.bin`, at('latest')])
  execFileSync('chmod', [['600', '640', '755', '444'][night % 4]!, at('diary.txt')])
  execFileSync('chown', ['-h', `${night % 2 === 0 ? '33:33' : '1234:33'}`, at('same-size.txt'), at('latest')])
  rmSync(at('changes its kind'), { recursive: true, force: true })
  if (night % 3 === 0) mkdirSync(at('changes its kind'))
  else writeFileSync(at('changes its kind'), 'a file tonight')
  await mariadb.query(
    [
      `INSERT INTO parents VALUES (${night + 1}, 0x00FF${night.toString(16).padStart(2, '0')}0A0D5C27)`,
      `INSERT INTO children (parent) VALUES (${night + 1})`,
      `UPDATE wp_options SET option_value = 'Night ${night}' WHERE option_name = 'blogdescription'`,
      ...(night % 5 === 0 ? [`CREATE TABLE made_${night} (x INT); INSERT INTO made_${night} VALUES (${night})`] : []),
      ...(night % 5 === 2 && night > 5 ? [`DROP TABLE made_${night - 2}`] : []),
      ...(night === 10 ? ['DROP EVENT tidy; DROP TRIGGER no_zero'] : []),
      ...(night === 20
        ? [`DROP VIEW named; CREATE DEFINER='${site.database.user}'@localhost VIEW later AS SELECT 20 AS night`]
        : []),
    ].join(';'),
    site.database.name,
  )
}

/** What differs between two records, in a few lines. */
const differing = (is: Readonly<Record<string, string>>, was: Readonly<Record<string, string>>): string[] =>
  [...new Set([...Object.keys(is), ...Object.keys(was)])]
    .filter(name => is[name] !== was[name])
    .map(name => `${name}: is ${is[name]}, was ${was[name]}`)
    .slice(0, 10)

const linesOf = (dump: string): Record<string, string> => Object.fromEntries(dump.split('\n').entries())

test('recover --at brings a WordPress site back to each of 30 nights in three chains, exactly: files, links, modes, owners, times and database', async () => {
  const stage = new Stage(join(folder, 'stage'))
  const fields = { database: { socket: mariadb.socket } } as const
  const host = stage.addHost('web1', fields as object)
  const site = await smallWordpress({ vhosts: host.vhosts, name: 'blog', title: 'Thirty nights', mariadb })
  claim(site.folder, host)
  writeFileSync(join(site.folder, 'full_backup_freq'), '12D\n')
  await mariadb.query(definitions(site), site.database.name)
  const look = () => ({ files: snapshot(site.folder), database: dumpOf(mariadb, site.database.name) })
  const nights = new DatedNights(stage, host, 'blog', fields as object)
  const was: ReturnType<typeof look>[] = []
  for (let night = 0; night < NIGHTS; night++) {
    const time = FIRST + night * DAY
    await live(site, night, time)
    if (night % 10 === 0) await addPost(site, `Post of night ${night}`, 'by WordPress itself')
    await nights.backUp(time)
    was.push(look())
  }
  assert.equal(new Set(was.map(each => each.database)).size, NIGHTS)
  const fulls = readdirSync(join(stage.archive, 'blog')).filter(name => /^duplicity-full\..*manifest/.test(name))
  assert.equal(fulls.length, 3)

  await using web = await serve(site.root)
  // in an order that goes to and fro, so that no night is reached from its neighbour
  const order = Array.from({ length: NIGHTS }, (_, index) => (index * 11) % NIGHTS)
  for (const night of order) {
    const at = new Date(FIRST + night * DAY + 3_600_000).toISOString().replace(/\.\d+/, '')
    const { code, stdout, stderr } = await runTask(stage, 'recover', host, ['--site', 'blog', '--at', at, '--yes'])
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    const is = look()
    assert.deepEqual(differing(is.files, was[night]!.files), [], `files of night ${night}`)
    assert.deepEqual(differing(linesOf(is.database), linesOf(was[night]!.database)), [], `database of night ${night}`)
    if (night % 10 === 0) {
      const { status, body } = await web.get('/')
      assert.equal(status, 200)
      const shown = [0, 10, 20].filter(each => body.includes(`Post of night ${each}`))
      assert.deepEqual(
        shown,
        [0, 10, 20].filter(each => each <= night),
      )
    }
  }
})
