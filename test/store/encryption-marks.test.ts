import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../../lib/core/secret.ts'
import type { Host } from '../../lib/inventory/schema.ts'
import { encryptionOf, isEncryptionOf, isSlow, marksIn } from '../../lib/store/encryption-marks.ts'

const secretsOf = (text: string) => new Map([['PP', new Secret(text)]])
const PASSPHRASE = { encryption: { kind: 'passphrase', secret: 'PP', generated: false } } as Pick<Host, 'encryption'>
const NONE = { encryption: { kind: 'none' } } as Pick<Host, 'encryption'>
const KEY = { encryption: { kind: 'gpg', key: '89abcdef01234567' } } as Pick<Host, 'encryption'>

test('a mark knows its own passphrase, and no other; two of the same are not alike, but for the archives of one run', async () => {
  const own = secretsOf('word')
  const mark = await encryptionOf(PASSPHRASE, own)
  assert.ok(mark.kind === 'passphrase' && mark.cost >= 2 ** 15)
  assert.ok(!JSON.stringify(mark).includes('word'))
  assert.equal(await isEncryptionOf(mark, PASSPHRASE, secretsOf('word')), true)
  assert.equal(await isEncryptionOf(mark, PASSPHRASE, secretsOf('word ')), false)
  assert.deepEqual(await encryptionOf(PASSPHRASE, own), mark)
  assert.notDeepEqual(await encryptionOf(PASSPHRASE, secretsOf('word')), mark)
})

test('the mark of a generated passphrase is quick to check, and one from before is known as slow', async () => {
  const generated = { encryption: { kind: 'passphrase', secret: 'PP', generated: true } } as Pick<Host, 'encryption'>
  const secrets = secretsOf('0123456789abcdef'.repeat(4))
  const slow = await encryptionOf(PASSPHRASE, secrets)
  assert.equal(await isEncryptionOf(slow, generated, secrets), true)
  assert.deepEqual([isSlow(slow, generated), isSlow(slow, PASSPHRASE)], [true, false])
  const quick = await encryptionOf(generated, secrets)
  assert.ok(quick.kind === 'passphrase' && quick.cost < 100)
  assert.equal(isSlow(quick, generated), false)
  assert.equal(await isEncryptionOf(quick, PASSPHRASE, secrets), true)
  assert.equal(await isEncryptionOf(quick, generated, secretsOf('f123456789abcdef'.repeat(4))), false)
})

test('what is not encrypted, or is encrypted to a key, is told apart from a passphrase', async () => {
  const marks = [await encryptionOf(NONE, new Map()), await encryptionOf(KEY, new Map())] as const
  const hosts = [NONE, KEY, PASSPHRASE]
  const known = marks.map(mark => Promise.all(hosts.map(host => isEncryptionOf(mark, host, secretsOf('word')))))
  assert.deepEqual(await Promise.all(known), [
    [true, false, false],
    [false, true, false],
  ])
})

test('marksIn() passes over what is damaged, and what would take all memory', () => {
  const good = { since: '2026-01-01T00:00:00.000Z', kind: 'passphrase', salt: 'a'.repeat(32), hash: 'b'.repeat(64), cost: 65536 }
  const lines = [{ ...good, cost: 2 ** 30 }, { ...good, salt: '' }, { ...good, kind: 'other' }, good].map(each =>
    JSON.stringify(each),
  )
  const marks = marksIn(`{"since\n${lines.join('\n')}\n`)
  assert.deepEqual(marks, [{ ...good, since: Date.UTC(2026, 0, 1) }])
})
