import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grantStatement, missingRights } from '../../lib/database/rights.ts'

const USAGE = "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*1'"

/** What SHOW GRANTS says, and what is missing for the database `my_site`. */
const TABLE: readonly (readonly [readonly string[], readonly string[]])[] = [
  [[USAGE], ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT']],
  [[USAGE, 'GRANT ALL PRIVILEGES ON `my\\_site`.* TO `u`@`%`'], []],
  [[USAGE, 'GRANT ALL PRIVILEGES ON `my_site`.* TO `u`@`%`'], []],
  [[USAGE, 'GRANT ALL PRIVILEGES ON `my\\_%`.* TO `u`@`%`'], []],
  [[USAGE, 'GRANT ALL PRIVILEGES ON `m%`.* TO `u`@`%` WITH GRANT OPTION'], []],
  [
    [USAGE, 'GRANT ALL PRIVILEGES ON `other`.* TO `u`@`%`'],
    ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'],
  ],
  [
    [USAGE, 'GRANT ALL PRIVILEGES ON `my.site`.* TO `u`@`%`'],
    ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'],
  ],
  [
    [USAGE, 'GRANT SELECT, INSERT, UPDATE, LOCK TABLES, SHOW VIEW ON `my_site`.* TO `u`@`%`'],
    ['TRIGGER', 'EVENT'],
  ],
  [['GRANT SELECT, SHOW VIEW ON *.* TO `u`@`%`', 'GRANT EVENT ON `my_site`.* TO `u`@`%`'], ['TRIGGER']],
  [['GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION'], []],
  [['GRANT `webmaster` TO `u`@`%`', USAGE], []],
]

for (const [grants, wanted] of TABLE) {
  test(`missingRights() of ${grants.join('; ')} are ${wanted.join(', ') || 'none'}`, () => {
    assert.deepEqual(missingRights(grants, 'my_site'), wanted)
  })
}

test('grantStatement() names database and account', () => {
  assert.equal(grantStatement('a`b', 'u@x@10.0.0.%'), "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `a``b`.* TO 'u@x'@'10.0.0.%'")
})
