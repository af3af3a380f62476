import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dumpFailures } from '../../lib/database/dump-failures.ts'

const NAMES = ['m', 'my', 'm`x', 'v_bad', 'gone']
const failed = (name: string, error: string, isPassing = false) => ({ undumped: [{ name, error, isPassing }], whole: undefined })
const whole = (text: string) => ({ undumped: [], whole: text })

/** What the dump programs print, as seen with MariaDB 10.11 and 11.8 and MySQL 8. */
const TABLE: readonly (readonly [string, ReturnType<typeof dumpFailures>])[] = [
  ['', { undumped: [], whole: undefined }],
  [
    "mariadb-dump: Error 1194: Table 'm' is marked as crashed and should be repaired when dumping table `m` at row: 12",
    failed('m', "Table 'm' is marked as crashed and should be repaired"),
  ],
  [
    'mysqldump: Error 1812: Tablespace is missing for table `m``x` when dumping table `m``x` at row: 0',
    failed('m`x', 'Tablespace is missing for table `m``x`'),
  ],
  [
    `mariadb-dump: Got error: 1194: "Table 'my' is marked as crashed and should be repaired" when retrieving data from server`,
    failed('my', "Table 'my' is marked as crashed and should be repaired"),
  ],
  [
    `mysqldump: Got error: 145: "Table './z/m' is marked as crashed" when retrieving data from server`,
    failed('m', "Table './z/m' is marked as crashed"),
  ],
  [
    "mariadb-dump: Couldn't execute 'SHOW FIELDS FROM `v_bad`': View 'z.v_bad' references invalid table(s) (1356)",
    failed('v_bad', "View 'z.v_bad' references invalid table(s)"),
  ],
  [
    "Couldn't execute 'show create table `my`': Can't find file: './z/my.MAI' (errno: 2) (1017)",
    failed('my', "Can't find file: './z/my.MAI' (errno: 2)"),
  ],
  [
    'mariadb-dump: Error 1412: Table definition has changed, please retry transaction when dumping table `m` at row: 3',
    failed('m', 'Table definition has changed, please retry transaction', true),
  ],
  [
    "mariadb-dump: Couldn't execute 'show create table `gone`': Table 'z.gone' doesn't exist (1146)",
    failed('gone', "Table 'z.gone' doesn't exist", true),
  ],
  [
    'mariadb-dump: Cannot use --dump-history for table `m` with transaction-precise history',
    failed('m', 'Cannot use --dump-history for table `m` with transaction-precise history'),
  ],
  [
    "Warning: Couldn't read keys from table `m`; records are NOT sorted (x)\nWarning: mariadb-dump: unknown variable 'loose-x'",
    { undumped: [], whole: undefined },
  ],
  ['mysqldump: [Warning] Using a password on the command line interface can be insecure.', { undumped: [], whole: undefined }],
  [
    `mariadb-dump: Got error: 1049: "Unknown database 'x'" when selecting the database`,
    whole(`Got error: 1049: "Unknown database 'x'" when selecting the database`),
  ],
  [
    'mariadb-dump: Error 2013: Lost connection to server during query when dumping table `m` at row: 5',
    whole('mariadb-dump: Error 2013: Lost connection to server during query when dumping table `m` at row: 5'),
  ],
  [
    "mariadb-dump: Couldn't execute 'show create table `my`': Server has gone away (2006)",
    whole("mariadb-dump: Couldn't execute 'show create table `my`': Server has gone away (2006)"),
  ],
  [
    "mariadb-dump: Couldn't execute 'FLUSH TABLES': Access denied (1227)",
    whole("mariadb-dump: Couldn't execute 'FLUSH TABLES': Access denied (1227)"),
  ],
  ['mariadb-dump: Got errno 28 on write', whole('mariadb-dump: Got errno 28 on write')],
]

const LOST = 'mariadb-dump: Error 2013: Lost connection to server during query when dumping table `m` at row: 5'

for (const [said, wanted] of TABLE) {
  test(`dumpFailures() of ${said || 'nothing'}`, () => assert.deepEqual(dumpFailures(said, NAMES), wanted))
}

test('dumpFailures() names each table once, and the whole beside it', () => {
  const lines = [TABLE[1]![0], TABLE[1]![0], TABLE[3]![0], LOST].join('\n')
  const { undumped, whole: all } = dumpFailures(lines, NAMES)
  assert.deepEqual(
    undumped.map(({ name }) => name),
    ['m', 'my'],
  )
  assert.match(all!, /Lost connection/)
})
