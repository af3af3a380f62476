import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Listening, listensAt } from '../../lib/database/own-server.ts'

const OWN = ['127.0.0.1', '::1', '192.0.2.7', '2001:db8::7']
const on = (bind_address: string, port = '3306'): Listening => ({ port, bind_address, skip_networking: 'OFF' })

/** What the server says, an address, and whether that is surely the server. */
const TABLE: readonly (readonly [Listening, string, number, boolean])[] = [
  [on('127.0.0.1'), '127.0.0.1', 3306, true],
  [on('127.0.0.1'), '127.0.0.1', 3307, false],
  [on('127.0.0.1'), '::1', 3306, false],
  [on('127.0.0.1'), '192.0.2.7', 3306, false],
  [on('192.0.2.7'), '127.0.0.1', 3306, false],
  [on('192.0.2.7'), '192.0.2.7', 3306, true],
  [on('0.0.0.0'), '192.0.2.7', 3306, true],
  [on('0.0.0.0'), '192.0.2.8', 3306, false],
  [on('0.0.0.0'), '::1', 3306, false],
  [on('::'), '::1', 3306, true],
  [on('::'), '127.0.0.1', 3306, false],
  [on('*'), '127.0.0.1', 3306, true],
  [on('*'), '2001:db8::7', 3306, true],
  [on(''), '127.0.0.1', 3306, true],
  [on('192.0.2.9, 127.0.0.1'), '127.0.0.1', 3306, true],
  [on('127.0.0.1'), 'localhost', 3306, false],
  [on('*'), 'db.example', 3306, false],
  [{ ...on('*'), skip_networking: 'ON' }, '127.0.0.1', 3306, false],
  [on('*', '0'), '127.0.0.1', 3306, false],
  [{}, '127.0.0.1', 3306, false],
]

for (const [server, host, port, wanted] of TABLE) {
  test(`listensAt() says ${wanted} of ${host}:${port} for ${JSON.stringify(server)}`, () => {
    assert.equal(listensAt(server, { kind: 'tcp', host, port }, OWN), wanted)
  })
}
