import assert from 'node:assert/strict'
import { existsSync, lchownSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Entry, injectEntries } from '../support/crafted-set.ts'
import {
  archive,
  host,
  isUnharmed,
  live,
  mariadb,
  other,
  outside,
  refused,
  restoredWithout,
  set,
  shop,
  stage,
} from '../support/hostile-stage.ts'
import { stateOf } from '../support/proof-site.ts'
import { assertNothingLeft, recover } from '../support/recovery-stage.ts'

/** Entries that duplicity is given by hand. */
const trees: [string, () => Entry[]][] = [
  [
    'a link out of the tree with a file below it',
    () => [
      { name: 'SITE/way', kind: 'link', target: other.root },
      { name: 'SITE/way/evil.php', kind: 'file', text: 'evil' },
    ],
  ],
  [
    'a link to a folder outside, then a file below it',
    () => [
      { name: 'SITE/out', kind: 'link', target: outside },
      { name: 'SITE/out/file', kind: 'file', text: 'changed' },
    ],
  ],
  [
    'names with ..',
    () => [
      { name: '../../../../../other/SITE/evil.php', kind: 'file', text: 'evil' },
      { name: 'SITE/../../../../../other/SITE/index.php', kind: 'file', text: 'evil' },
    ],
  ],
  ['a device', () => [{ name: 'SITE/zz', kind: 'device', mode: '666' }]],
]
for (const [name, entries] of trees) {
  test(`a set with ${name} reaches nothing of others`, async () => {
    await set(() => {})
    await injectEntries(archive, entries())
    const told = await recover(stage, host, 'shop')
    await isUnharmed()
    if (told.code === 0) assert.equal((await recover(stage, host, 'shop', ['--undo'])).code, 0)
    assert.deepEqual(await stateOf(shop), live)
    await assertNothingLeft(host, 'shop', mariadb)
  })
}

/** Files that would run as somebody else than the site: with such a right taken off they are files like any other. */
const programs: [string, Entry][] = [
  ["root's setuid program", { name: 'SITE/zz', kind: 'file', text: 'x', mode: '4755' }],
  ["another user's setuid program", { name: 'SITE/zz', kind: 'file', text: 'x', mode: '4755', uid: 12345 }],
  ['a setgid program of another group', { name: 'SITE/zz', kind: 'file', text: 'x', mode: '2755', uid: 33, gid: 42 }],
]
for (const [name, entry] of programs) {
  test(`a set with ${name} is restored without that right`, async () => {
    await set(() => {})
    await injectEntries(archive, [entry])
    await restoredWithout(/setuid and setgid bits are cleared: SITE\/zz/, () =>
      assert.equal((statSync(join(shop.folder, 'SITE/zz')).mode & 0o7777).toString(8), '755'),
    )
  })
}

test("a set with somebody else's .holdfast is refused", async () => {
  await set(copy => lchownSync(join(copy, '.holdfast'), 12345, 12345))
  await refused(/check-files: \.holdfast in the set is not Holdfast's own folder/)
})
test('a set with a link for .holdfast is refused', async () => {
  await set(copy => {
    rmSync(join(copy, '.holdfast'), { recursive: true })
    symlinkSync(join(other.folder, '.holdfast'), join(copy, '.holdfast'))
  })
  await refused(/check-files: \.holdfast in the set is not Holdfast's own folder/)
})

/** What a dump may try, with what the server or the client says to it. */
const statements: [string, RegExp][] = [
  ['DROP DATABASE other;', /1044|denied/],
  ['USE other;\nDROP TABLE wp_options;', /1044|denied/],
  ['DROP TABLE other.wp_options;', /1142|denied/],
  ["GRANT ALL ON *.* TO 'shop'@'localhost';", /denied/i],
  ['SET GLOBAL general_log = 1;', /1227|denied/],
  ["LOAD DATA INFILE '/etc/passwd' INTO TABLE wp_posts (title);", /1045|denied/],
  ["LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE wp_posts (title);", /4166|1148|disabled|not allowed/],
  ["SELECT 1 INTO OUTFILE '/tmp/holdfast-outfile';", /1045|denied/],
  ['CREATE DEFINER=`root`@`localhost` TRIGGER evil BEFORE INSERT ON wp_users FOR EACH ROW DELETE FROM other.wp_options;', /./],
  [
    "create definer = 'root'@'localhost' trigger evil before insert on wp_users for each row delete from other.wp_options;",
    /1227|denied/,
  ],
  ['CREATE DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW evil AS SELECT * FROM other.wp_options;', /denied/],
  ['create /* */ definer=root@localhost procedure evil() delete from other.wp_options;', /1227|denied/],
  ['create definer=root@localhost event evil on schedule every 1 second do delete from other.wp_options;', /1227|denied/],
  ['\\! touch /tmp/holdfast-client-command', /1064|syntax|Unknown command/],
  ['source /etc/passwd', /1064|syntax|Unknown command/],
  ['\\. /etc/passwd', /1064|syntax|Unknown command/],
]
for (const [statement, said] of statements) {
  test(`a dump with ${statement.replace('\n', ' ')}`, async () => {
    await set(copy => {
      const dump = join(copy, '.holdfast', 'database.tables', '9-complete.sql')
      const lines = readFileSync(dump, 'utf8').trimEnd().split('\n')
      writeFileSync(dump, [...lines.slice(0, -1), statement, lines.at(-1), ''].join('\n'))
    })
    if (said.source === '.') await restoredWithout(undefined)
    else await refused(new RegExp(`import: the dump cannot be imported: .*(${said.source})`))
    for (const name of ['outfile', 'client-command']) assert.ok(!existsSync(`/tmp/holdfast-${name}`))
  })
}
