import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cannotWrite, diskTrouble, formatBytes, messageOf } from '../../lib/core/wording.ts'

const sizes: [number, string][] = [
  [0, '0 bytes'],
  [512, '512 bytes'],
  [1000, '1.00 kB'],
  [34_540_000, '34.5 MB'],
  [340_000_000, '340 MB'],
  [1_204_000_000, '1.20 GB'],
  [-2_500_000, '-2.50 MB'],
]
for (const [bytes, text] of sizes) test(`formatBytes() says ${text}`, () => assert.equal(formatBytes(bytes), text))

const coded = (code: string, cause?: Error): Error => Object.assign(new Error(`${code}: write`, { cause }), { code })

test('diskTrouble() knows full and broken disks, through what was made of the error, and nothing else', () => {
  assert.equal(diskTrouble(coded('ENOSPC')), 'its disk is full (ENOSPC)')
  assert.equal(diskTrouble(new Error('told', { cause: coded('EROFS') })), 'its disk is read-only (EROFS)')
  const suppressed = new SuppressedError(coded('EIO'), coded('ENOSPC'))
  assert.equal(diskTrouble(suppressed), 'its disk is full (ENOSPC)')
  for (const other of [coded('EACCES'), coded('toString'), new Error('ENOSPC'), 'ENOSPC', undefined])
    assert.equal(diskTrouble(other), undefined)
})

test('cannotWrite() names the path and why, once', () => {
  const error = cannotWrite('/var/lib/holdfast/lock', coded('ENOSPC'))
  assert.equal(error.message, '/var/lib/holdfast/lock cannot be written: its disk is full (ENOSPC)')
  assert.equal(diskTrouble(error), 'its disk is full (ENOSPC)')
  assert.equal(cannotWrite('/x', coded('EACCES')).message, '/x cannot be written: EACCES: write')
})

test('messageOf() says what went wrong first, where what it left could not be closed either', () => {
  const fails = (what: string) => (): never => {
    throw new Error(what)
  }
  assert.throws(
    () => {
      using _file = { [Symbol.dispose]: fails('close') }
      using _other = { [Symbol.dispose]: fails('close too') }
      fails('read')()
    },
    error => messageOf(error) === 'read',
  )
  assert.equal(messageOf('a word'), 'a word')
})
