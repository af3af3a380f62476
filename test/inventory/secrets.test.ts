import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inspect } from 'node:util'
import { BadInput } from '../../lib/core/bad-input.ts'
import { type Host, hostSchema } from '../../lib/inventory/schema.ts'
import { checkSecrets, readSecrets, secretNamesOf, secretOf } from '../../lib/inventory/secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-secrets-'))
const file = join(folder, '.env')
after(() => rmSync(folder, { recursive: true }))

function write(text: string, mode = 0o600): void {
  writeFileSync(file, text)
  chmodSync(file, mode)
}

function hostWith(fields: object): Host {
  return { ...hostSchema.parse({ archive: { kind: 'folder', path: '/b' }, ...fields }), name: 'web1' }
}

for (const mode of [0o644, 0o640, 0o604, 0o660, 0o666, 0o610]) {
  test(`readSecrets() refuses a .env of mode ${mode.toString(8)}, naming the mode that it wants`, () => {
    write('A=known text\n', mode)
    assert.throws(
      () => readSecrets(file),
      (error: Error) => {
        assert.ok(error instanceof BadInput)
        assert.match(error.message, new RegExp(`\\.env has mode ${mode.toString(8)}: .*wanted 600 \\(chmod 600 `))
        assert.doesNotMatch(error.message, /known text/)
        return true
      },
    )
  })
}

test('readSecrets() takes modes 600 and 400, and no file for no secrets', () => {
  for (const mode of [0o600, 0o400]) {
    write("A=one\nB='two words'\n", mode)
    assert.deepEqual(
      [...readSecrets(file)].map(([name, secret]) => [name, secret.reveal()]),
      [
        ['A', 'one'],
        ['B', 'two words'],
      ],
    )
  }
  assert.equal(readSecrets(join(folder, 'none')).size, 0)
})

test("readSecrets() refuses somebody else's file", { skip: process.getuid?.() !== 0 && 'only root can give a file away' }, () => {
  write('A=one\n')
  chownSync(file, 65534, 65534)
  assert.throws(() => readSecrets(file), /belongs to user 65534; wanted user 0, who runs this/)
  chownSync(file, 0, 0)
})

test('what it read shows in no text, and is not in the environment', () => {
  write('HOLDFAST_TEST_SECRET=known text\n')
  const secrets = readSecrets(file)
  assert.equal(secretOf(secrets, 'HOLDFAST_TEST_SECRET').reveal(), 'known text')
  const texts = [inspect(secrets), JSON.stringify([...secrets]), String([...secrets.values()])]
  for (const text of texts) assert.doesNotMatch(text, /known text/)
  assert.equal(process.env.HOLDFAST_TEST_SECRET, undefined)
  assert.throws(() => secretOf(secrets, 'OTHER'), /no OTHER in \.env/)
})

const WORD = { kind: 'passphrase', secret: 'WORD' }
const URL_ARCHIVE = { archive: { kind: 'url', url: 'sftp://x/y', env: ['FTP_PASSWORD'] } }

test('secretNamesOf() tells every variable that an inventory asks for, and the field that does', () => {
  assert.deepEqual([...secretNamesOf(hostWith({}))], [])
  assert.deepEqual(
    [...secretNamesOf(hostWith({ encryption: WORD, ...URL_ARCHIVE }))],
    [
      ['WORD', 'encryption.secret'],
      ['FTP_PASSWORD', 'archive.env'],
    ],
  )
  assert.deepEqual([...secretNamesOf(hostWith({ encryption: { kind: 'gpg', key: 'ABCD1234', secret: 'KEY' } })).keys()], ['KEY'])
})

/** Text of `.env`, fields of the inventory, and what is said; undefined when all is well. */
const CHECKS: [string, object, RegExp | undefined][] = [
  ['', {}, undefined],
  ['WORD=x\n', { encryption: WORD }, undefined],
  ['', { encryption: WORD }, /\.env has no WORD, which encryption\.secret of host "web1" names/],
  ['WORD=\n', { encryption: WORD }, /has no WORD/],
  ['WORD=x\n', { encryption: WORD, ...URL_ARCHIVE }, /has no FTP_PASSWORD, which archive\.env/],
  ['WORD=secret\n', { encryption: { ...WORD, generated: true } }, /WORD in .* is not 64 hex digits/],
  [`WORD=${'0a'.repeat(32)}\n`, { encryption: { ...WORD, generated: true } }, undefined],
]

for (const [text, fields, message] of CHECKS) {
  test(`checkSecrets() of ${JSON.stringify(text)} with ${JSON.stringify(fields)}`, () => {
    write(text)
    const check = (): void => checkSecrets(hostWith(fields), readSecrets(file), file)
    if (message === undefined) return check()
    assert.throws(check, message)
    assert.throws(check, BadInput)
  })
}
