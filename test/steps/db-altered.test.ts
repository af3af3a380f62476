import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RunEvent } from '../../lib/core/outcome.ts'
import { dump, dumpFolderOf, dumping } from '../support/dumping.ts'
import { type TinyWordpress, tinyWordpress } from '../support/tiny-wordpress.ts'

const stage = dumping('db-altered')

/** HOLDFAST_ALTERS=all alters the table behind each command of a dump, and has that undone behind each later one. */
const ALL = process.env.HOLDFAST_ALTERS === 'all'

/** The files of a dump by their names, less what tells of the dump itself. */
const filesOf = (site: TinyWordpress): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dumpFolderOf(site))
      .filter(name => !name.startsWith('9-'))
      .map(name => [name, readFileSync(join(dumpFolderOf(site), name), 'latin1')]),
  )

const ALTERED = 'ALTER TABLE pairs MODIFY a VARCHAR(50) NOT NULL AFTER b'
const AS_BEFORE = 'ALTER TABLE pairs MODIFY a VARCHAR(50) NOT NULL AFTER id'

/** At once, while the run waits for this process. */
const alter = (sql: string): void =>
  void execFileSync('mariadb', ['--no-defaults', `--socket=${stage.mariadb.socket}`, 'moment'], {
    input: `SET lock_wait_timeout = 10; ${sql}`,
  })

test('two columns of a table that change places behind any command of a dump: it is of the one moment or the other', async () => {
  const site = await tinyWordpress(stage.host.vhosts, 'moment', 'moment', stage.mariadb)
  alter('CREATE TABLE pairs (id INT PRIMARY KEY, a VARCHAR(50) NOT NULL, b VARCHAR(50) NOT NULL)')
  const forget = (): void => rmSync(join(stage.host.paths.state, 'dumps'), { recursive: true, force: true })
  const write = (value: number): void => alter(`REPLACE INTO pairs (id, a, b) VALUES (1, 'a', ${value})`)
  /** The dumps that are right while a value is written. */
  const right: Record<string, string>[][] = []
  const dumpOf = async (order: string): Promise<Record<string, string>> => {
    alter(order)
    forget()
    assert.equal((await dump(stage, site)).status, 'done')
    return filesOf(site)
  }
  for (const value of [0, 1]) {
    write(value)
    right.push([await dumpOf(ALTERED), await dumpOf(AS_BEFORE)])
  }
  write(0)
  const commands = (await dump(stage, site)).commands.length
  for (const isWhole of ALL ? [false, true] : [false])
    for (let at = 1; at < commands; at++)
      for (let undone = at + 1; undone <= (ALL ? commands + 1 : at + 1); undone++) {
        write(1)
        if (isWhole) forget()
        let done = 0
        const onEvent = (event: RunEvent): void => {
          if (event.kind !== 'command') return
          done += 1
          if (done === at) alter(ALTERED)
          if (done === undone) alter(AS_BEFORE)
        }
        const { status, reason } = await dump(stage, site, { onEvent })
        const where = `altered behind command ${at}, and again behind ${undone}`
        if (status === 'failed') assert.match(reason ?? '', /definition has changed/, where)
        else assert.ok(right[1]!.map(files => JSON.stringify(files)).includes(JSON.stringify(filesOf(site))), where)
        alter(AS_BEFORE)
        write(0)
        assert.equal((await dump(stage, site)).status, 'done')
        assert.deepEqual(filesOf(site), right[0]![1], `the night after: ${where}`)
      }
})
