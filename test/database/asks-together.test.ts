import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Admin, asksTogether } from '../../lib/database/admin.ts'

/** A server that answers `SELECT 'a'; SELECT 'b';` with a row for each, and refuses `REFUSED;`. */
function server() {
  const asked: string[] = []
  const rows = async (sql: string): Promise<string[][]> => {
    asked.push(sql)
    if (sql.includes('REFUSED')) throw new Error('refused')
    return [...sql.matchAll(/SELECT '(\w+)';/g)].map(([, value]) => [value!])
  }
  return { asked, admin: asksTogether({ rows } as unknown as Admin) }
}

test('asksTogether() gives each of some questions the rows of its own statements, by one question to the server', async () => {
  const questions = fc.array(fc.array(fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(questions, async values => {
      const { asked, admin } = server()
      const sql = values.map(each => each.map(value => `SELECT '${value}';`).join(' '))
      const answers = await Promise.all(sql.map(each => admin.rows(each)))
      assert.deepEqual(
        answers,
        values.map(each => each.map(value => [value])),
      )
      assert.equal(asked.length, 1)
    }),
  )
})

test('asksTogether() asks what is asked later by itself, and the refusal of one question is that of those beside it', async () => {
  const { asked, admin } = server()
  assert.deepEqual(await admin.rows("SELECT 'a';"), [['a']])
  const told = await Promise.allSettled([admin.rows("SELECT 'b';"), admin.rows('REFUSED;'), admin.ask("SELECT '1';")])
  assert.deepEqual(
    told.map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  )
  assert.equal(await admin.ask("SELECT '1';"), 1)
  assert.equal(asked.length, 3)
  assert.deepEqual([asked[0], asked[2]], ["SELECT 'a';", "SELECT '1';"])
})
