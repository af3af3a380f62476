import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWay, wayTo } from '../../lib/host/own-way.ts'
import { ownFolder } from '../support/host.ts'

const folder = realpathSync(ownFolder('own-way'))
const at = (...names: string[]): string => join(folder, ...names)
mkdirSync(at('mine/sticky'), { recursive: true })
mkdirSync(at('shared/mine'), { recursive: true })
symlinkSync(at('mine'), at('link'))
symlinkSync(at('shared/mine'), at('out'))
chmodSync(at('mine/sticky'), 0o1777)
chmodSync(at('shared'), 0o777)

const cases: [way: string, own: string, rest: string[]][] = [
  ['mine', 'mine', []],
  ['mine/new/deep', 'mine', ['new', 'deep']],
  ['link/new', 'mine', ['new']],
  ['mine/sticky/new', 'mine/sticky', ['new']],
  // whoever may write around it can put another in its place
  ['shared/mine/new', '', ['shared', 'mine', 'new']],
  ['out/new', '', ['out', 'new']],
]
for (const [way, own, rest] of cases)
  test(`wayTo(${way}) is ours as far as ${own || 'the folder around'}`, () => {
    assert.deepEqual(wayTo(at(way)), { own: join(folder, own), rest })
  })

test("wayTo() goes into no folder of another's", { skip: process.geteuid?.() !== 0 && 'needs root' }, () => {
  mkdirSync(at('theirs'))
  chownSync(at('theirs'), 33, 33)
  assert.deepEqual(wayTo(at('theirs', 'new')), { own: folder, rest: ['theirs', 'new'] })
})

test('openWay() makes what is missing for this user alone, and goes through no link that is not ours', () => {
  {
    using opened = openWay(wayTo(at('shared/mine/new/deep')))
    assert.equal(opened.real(), at('shared/mine/new/deep'))
  }
  assert.equal(statSync(at('shared/mine/new')).mode & 0o777, 0o700)
  symlinkSync(at('mine'), at('shared/link'))
  assert.throws(() => openWay(wayTo(at('shared/link/x'))), /link/)
  assert.deepEqual(readdirSync(at('mine')), ['sticky'])
})
