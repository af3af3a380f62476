import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { partName } from '../../lib/database/dump-parts.ts'
import { dump, dumpFileOf, dumpFolderOf, dumping, dumpTextOf, dumpWell } from '../support/dumping.ts'
import { fakeProgram, whilePathHas } from '../support/programs.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const stage = dumping('db-dump-safety')
const bin = join(stage.folder, 'bin')

test("dumpDatabase gives the account's password to its client by the environment, and shows it nowhere", async () => {
  const seen = join(stage.folder, 'seen')
  fakeProgram(
    bin,
    'bwrap',
    `printf '%s\\n' "$*" >> ${seen}; env | grep -c "MYSQL_PWD=${stage.shop.password}\\$" >> ${seen}; PATH=$REAL exec bwrap "$@"`,
  )
  const outcome = await whilePathHas(bin, () => dump(stage, stage.shop))
  rmSync(join(bin, 'bwrap'))
  assert.equal(outcome.status, 'done', outcome.reason)
  const [, ...lines] = readFileSync(seen, 'utf8').split(/\n(?=-)/)
  assert.ok(
    lines.some(line => / mariadb .*--user=shop .*\n1\n?$/.test(line)),
    lines.join('\n'),
  )
  assert.doesNotMatch(readFileSync(seen, 'utf8'), new RegExp(stage.shop.password))
  assert.ok(!JSON.stringify(outcome).includes(stage.shop.password))
})

for (const [name, make, wanted] of [
  ['a link', (path: string) => symlinkSync('/tmp', path), /is a link, wanted a folder: somebody else made it/],
  ['a file', (path: string) => writeFileSync(path, ''), /is a file, wanted a folder/],
  [
    "somebody else's",
    (path: string) => {
      mkdirSync(path)
      chownSync(path, 33, 33)
    },
    /belongs to user 33, wanted user 0/,
  ],
] as const) {
  test(`dumpDatabase refuses a companion folder that is ${name}`, {
    skip: process.getuid?.() !== 0 && 'needs root',
  }, async () => {
    const path = join(stage.shop.folder, '.holdfast')
    rmSync(path, { recursive: true, force: true })
    make(path)
    const { status, reason } = await dump(stage, stage.shop)
    rmSync(path, { recursive: true, force: true })
    assert.equal(status, 'failed')
    assert.match(reason!, wanted)
  })
}

test('dumpDatabase closes a companion folder that others can enter', async () => {
  await dumpWell(stage, stage.shop)
  chmodSync(join(stage.shop.folder, '.holdfast'), 0o755)
  await dumpWell(stage, stage.shop)
  assert.equal(statSync(join(stage.shop.folder, '.holdfast')).mode & 0o777, 0o700)
})

test('dumpDatabase writes no dump through a link in the companion folder', async () => {
  await dumpWell(stage, stage.shop)
  const victim = join(stage.folder, 'victim')
  writeFileSync(victim, 'precious')
  rmSync(dumpFileOf(stage.shop))
  symlinkSync(victim, dumpFileOf(stage.shop))
  await dumpWell(stage, stage.shop)
  assert.equal(readFileSync(victim, 'utf8'), 'precious')
  assert.ok(lstatSync(dumpFileOf(stage.shop)).isFile())
})

const planted: [what: string, plant: (path: string, victim: string) => void][] = [
  ['a link to a file', (path, victim) => symlinkSync(victim, path)],
  [
    'a link to a pipe',
    (path, victim) => {
      execFileSync('mkfifo', [`${victim}.pipe`])
      symlinkSync(`${victim}.pipe`, path)
    },
  ],
  ['a pipe', path => execFileSync('mkfifo', [path])],
  ['a folder', path => mkdirSync(join(path, 'in it'), { recursive: true })],
]
const places: [name: string, place: (site: TinyWordpress) => string][] = [
  ['the folder of the dump', dumpFolderOf],
  ['the unfinished one', site => `${dumpFolderOf(site)}.new`],
  ['the file of a table', site => dumpFileOf(site)],
  ['the list of its parts', site => join(dumpFolderOf(site), partName('complete'))],
]
for (const [at, [what, plant]] of planted.entries()) {
  // each kind at one place, and a link to a file at all of them
  for (const [name, placeOf] of places.filter((_, index) => at === 0 || index === at)) {
    test(`dumpDatabase neither follows nor waits for ${what} that a restored folder brought as ${name}`, async () => {
      await dumpWell(stage, stage.shop)
      const before = dumpTextOf(stage.shop)
      const [place, victim] = [placeOf(stage.shop), join(stage.folder, 'victim')]
      rmSync(place, { recursive: true, force: true })
      rmSync(`${victim}.pipe`, { force: true })
      const text = 'DROP TABLE IF EXISTS `secret`;\n-- Dump completed\n'
      writeFileSync(victim, text)
      utimesSync(victim, 4e9, 4e9) // a time that the new dump would have to exceed
      plant(place, victim)
      await dumpWell(stage, stage.shop)
      assert.equal(readFileSync(victim, 'utf8'), text)
      const made = lstatSync(dumpFileOf(stage.shop))
      assert.ok(made.isFile())
      assert.ok(made.mtimeMs < 4e12, 'its time is not that of what was planted')
      assert.deepEqual(readdirSync(dirname(dumpFolderOf(stage.shop))), ['database.tables'])
      assert.equal(dumpTextOf(stage.shop), before)
    })
  }
}

test("dumpDatabase makes a folder of somebody else's anew", { skip: process.getuid?.() !== 0 && 'needs root' }, async () => {
  await dumpWell(stage, stage.shop)
  chownSync(dumpFolderOf(stage.shop), 33, 33)
  await dumpWell(stage, stage.shop)
  assert.equal(statSync(dumpFolderOf(stage.shop)).uid, 0)
})

test("dumpDatabase refuses a site that names another's database or account, and the server's own", async () => {
  await dumpWell(stage, stage.shop)
  const thief = await tinyWordpress(stage.host.vhosts, 'thief', 'thief', stage.mariadb)
  const config = readFileSync(thief.config, 'utf8')
  writeFileSync(thief.config, config.replace("'DB_NAME', 'thief'", "'DB_NAME', 'shop'"))
  assert.match((await dump(stage, thief)).reason!, /its database "shop" is recorded as that of site "shop"/)
  writeFileSync(thief.config, config.replace("'DB_NAME', 'thief'", "'DB_NAME', 'mysql'"))
  assert.match((await dump(stage, thief)).reason!, /names "mysql", which belongs to the database server itself/)
  assert.ok(!existsSync(dumpFileOf(thief)))
})

test('dumpDatabase in a dry run says what it would do, and makes nothing', async () => {
  const dry = await tinyWordpress(stage.host.vhosts, 'dry', 'dry', stage.mariadb)
  const { status, commands } = await dump(stage, dry, { dry: true })
  assert.equal(status, 'done')
  assert.ok(
    commands.some(
      ({ line, ran }) => !ran && /^bwrap … -- mariadb-dump --no-defaults .* --single-transaction .* -- dry$/.test(line),
    ),
  )
  assert.deepEqual(readdirSync(dry.folder), ['SITE'])
})
