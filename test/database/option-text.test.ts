import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { DatabaseAccess } from '../../lib/core/database-access.ts'
import { Secret } from '../../lib/core/secret.ts'
import { clientOptions, optionFile } from '../../lib/database/option-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-option-file-'))
after(() => rmSync(folder, { recursive: true }))

/** What MariaDB's own reader makes of an option file. */
function readBack(text: string): string[] {
  const file = join(folder, 'my.cnf')
  writeFileSync(file, text, { mode: 0o600 })
  const out = execFileSync('my_print_defaults', [`--defaults-file=${file}`, 'client'], { encoding: 'utf8' })
  return out.split('\n--').map((line, index) => (index === 0 ? line : `--${line}`))
}

const tricky = [
  "a'b",
  'a"b',
  '#x',
  ' x ',
  'a\\b',
  '\\n',
  '\\',
  '\t',
  '',
  'é😀',
  "$(id)'`;",
  '[group]',
  'a=b',
  ';',
  '!include /etc/passwd',
  '%s',
  '\\s',
  'x\\',
]

test("optionFile() says what MariaDB's own reader reads", () => {
  const value = fc.oneof(fc.constantFrom(...tricky), fc.string({ maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 40 }))
  fc.assert(
    fc.property(
      value.filter(text => !text.includes('\0')),
      password => {
        const out = readBack(
          optionFile(
            'client',
            new Map([
              ['password', password],
              ['user', 'u'],
            ]),
          ),
        )
        assert.equal(out.join('\n'), `--password=${password}\n--user=u\n`)
      },
    ),
    { numRuns: 100, examples: tricky.map(text => [text]) },
  )
})

test('optionFile() refuses a NUL, which no option file can say', () => {
  assert.throws(() => optionFile('client', new Map([['password', 'a\0b']])), /cannot hold a NUL/)
})

const access = (address: DatabaseAccess['address']): DatabaseAccess =>
  ({ address, user: 'u', password: new Secret('p'), database: 'd' }) as DatabaseAccess
const addresses: [string, DatabaseAccess['address'], string | undefined, Record<string, string>][] = [
  ['a TCP host', { kind: 'tcp', host: '::1', port: 3307 }, '/run/x.sock', { protocol: 'tcp', host: '::1', port: '3307' }],
  ['a socket', { kind: 'socket', path: '/a b.sock' }, '/run/x.sock', { protocol: 'socket', socket: '/a b.sock' }],
  ['localhost', { kind: 'default' }, '/run/x.sock', { protocol: 'socket', socket: '/run/x.sock' }],
  ["localhost by the client's own default", { kind: 'default' }, undefined, { protocol: 'socket' }],
]
for (const [name, address, socket, reach] of addresses) {
  test(`clientOptions() reach ${name}`, () => {
    assert.deepEqual(Object.fromEntries(clientOptions(access(address), socket)), { ...reach, user: 'u', password: 'p' })
  })
}
