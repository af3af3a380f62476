import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { chanceFrom } from '../support/chance.ts'
import { damageFile } from '../support/damage.ts'
import { Desktop, didOf } from '../support/desktop.ts'
import { ownFolder } from '../support/host.ts'

const at = (text: string): number => Date.parse(`${text}Z`)

test('what a desktop has in the archive is read again each day that it tidies: damage to a volume is named, and the next backup begins a new chain', async () => {
  const desktop = new Desktop(ownFolder('desktop-audit'))
  desktop.fill('letter', 200_000)
  assert.equal((await desktop.ask([], at('2026-02-04T03:05:00'))).code, 0)
  const volume = desktop.sets().find(name => name.includes('.vol1.'))!
  damageFile(join(desktop.archive, volume), 'bit', chanceFrom(1))
  const tidying = await desktop.ask([], at('2026-02-05T09:00:00'))
  assert.equal(tidying.code, 1, tidying.stderr)
  assert.match(JSON.stringify(tidying.outcomes), new RegExp(`is not what was written[^"]*${volume}`))
  desktop.fill('letter', 200_000)
  const next = await desktop.ask([], at('2026-02-11T03:05:00'))
  assert.equal(didOf(next), 'backup')
  assert.equal(desktop.sets().filter(name => /^duplicity-full\..*vol1\./.test(name)).length, 2)
})
