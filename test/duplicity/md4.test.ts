import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Md4 } from '../../lib/duplicity/md4.ts'

/** RFC 1320, A.5. */
const KNOWN: Readonly<Record<string, string>> = {
  '': '31d6cfe0d16ae931b73c59d7e0c089c0',
  a: 'bde52cb31de33e46245e05fbdbd6fb24',
  abc: 'a448017aaf21d8525fc10ae87aa6729d',
  'message digest': 'd9130a8164549fe818874806e1c7014b',
  abcdefghijklmnopqrstuvwxyz: 'd79e1c308aa5bbcdeea8ed63df412da9',
  ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: '043f8582f241db351ce627e153e7f0e4',
  [`${'1234567890'.repeat(8)}`]: 'e33b4ddc9c38f2199c3e7b164fcc0536',
}

const hashOf = (...pieces: Uint8Array[]): string => {
  const hash = new Md4()
  for (const piece of pieces) hash.update(Buffer.from(piece))
  return hash.digest().toString('hex')
}

test('Md4 gives the hashes of RFC 1320, one after the other', () => {
  const hash = new Md4()
  for (const [text, wanted] of Object.entries(KNOWN)) {
    hash.update(Buffer.from(text))
    assert.equal(hash.digest().toString('hex'), wanted)
  }
})

test('Md4 gives the same hash however the bytes come', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), pieces => {
      assert.equal(hashOf(...pieces), hashOf(Buffer.concat(pieces)))
    }),
  )
})
