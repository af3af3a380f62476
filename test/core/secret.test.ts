import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { HIDDEN, Secret } from '../../lib/core/secret.ts'

test('Secret gives its text by reveal() only', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 9, unit: 'grapheme' }), text => {
      const secret = new Secret(text)
      const ways = [
        String(secret),
        `${secret}`,
        secret + '',
        JSON.stringify([secret]),
        inspect(secret),
        inspect({ a: [secret] }, { depth: 9, showHidden: true }),
        format('%s %o %j', secret, secret, secret),
        Object.entries(secret).join(),
      ]
      assert.equal(secret.reveal(), text)
      for (const way of ways) assert.ok(!way.includes(text) || HIDDEN.includes(text), way)
    }),
  )
})
