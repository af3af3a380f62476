import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { HIDDEN, Secret, withoutSecrets } from '../../lib/core/secret.ts'

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

const SHOWN: [string, string, string][] = [
  ['a passphrase', 'f00Bar-baz', 'gpg: f00Bar-baz is wrong'],
  ['a word in a sentence', 'backup', 'the backup of the backup failed'],
  ['a number in a sentence', '1234', 'error 1234 at line 12345'],
  ['one that is the beginning of another', 'f00Bar-baz-and-more', 'f00Bar-baz-and-more'],
]
for (const [what, secret, text] of SHOWN) {
  test(`withoutSecrets() of ${what}`, () => {
    const clean = withoutSecrets(text, ['f00Bar-baz', secret])
    assert.equal(clean, /^(backup|1234)$/.test(secret) ? text : text.replace(secret, '[secret]'))
  })
}

test('withoutSecrets() hides a word where a password stands', () => {
  for (const text of [
    'password=backup',
    "Password: 'backup'",
    'the password is backup',
    "IDENTIFIED BY 'backup'",
    'ftp://me:backup@nas/x',
  ])
    assert.doesNotMatch(withoutSecrets(text, ['backup']), /backup/i, text)
  assert.equal(withoutSecrets('password=backups', ['backup']), 'password=backups')
})
