import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readHandover, readTakeover } from '../../lib/core/move-request.ts'

const REFUSED: readonly [read: typeof readHandover | typeof readTakeover, values: object, isTerminal: boolean, why: RegExp][] = [
  [readHandover, { to: 'web2' }, true, /--site: found none, wanted the one site to hand over/],
  [readHandover, { site: ['a', 'b'], to: 'web2' }, true, /--site: found 2/],
  [readHandover, { site: ['a'] }, true, /--to: found none, wanted the host that is to own the site/],
  [readHandover, { site: ['a'], to: '../web2' }, true, /--to: found "\.\.\/web2", wanted the name of a host/],
  [readHandover, { site: ['a'], to: 'web2', cancel: true }, true, /--cancel .* takes no --to/],
  [readHandover, { site: ['a'], cancel: true, forward: true }, true, /--cancel .* no --forward/],
  [readHandover, { site: ['a'], to: 'web2' }, false, /no terminal to ask on: add --yes/],
  [readTakeover, {}, true, /--site: found none, wanted the one site to take over/],
  [readTakeover, { site: ['a'], dead: 'web1' }, true, /--dead .* --force .*: wanted both/],
  [readTakeover, { site: ['a'], force: true }, false, /no terminal to ask on/],
]

for (const [read, values, isTerminal, why] of REFUSED)
  test(`${read.name}() refuses ${JSON.stringify(values)}`, () => {
    assert.throws(() => read(values as Record<string, unknown>, isTerminal), why)
  })

test('readHandover() needs nobody to ask for what was said, described only, or taken back', () => {
  for (const more of [{ to: 'web2', yes: true }, { to: 'web2', 'dry-run': true }, { cancel: true }])
    assert.ok(readHandover({ site: ['a'], ...more }, false))
})

test('readTakeover() of a site that was handed over asks nobody', () => {
  const { takeover } = readTakeover({ site: ['a'] }, false)
  assert.deepEqual(takeover, { force: false, dead: undefined, anyway: false, yes: false })
})
