import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DatabaseAddress } from '../../lib/core/database-access.ts'
import { parseDatabaseHost } from '../../lib/core/database-access.ts'

const tcp = (host: string, port = 3306): DatabaseAddress => ({ kind: 'tcp', host, port })
const socket = (path: string): DatabaseAddress => ({ kind: 'socket', path })

const CASES: readonly (readonly [text: string, wanted: DatabaseAddress | undefined])[] = [
  ['localhost', { kind: 'default' }],
  ['LOCALHOST', { kind: 'default' }],
  ['localhost:3307', { kind: 'default' }],
  [':3307', { kind: 'default' }],
  ['db.example.org', tcp('db.example.org')],
  ['db:3307', tcp('db', 3307)],
  ['db:0', tcp('db')],
  ['127.0.0.1', tcp('127.0.0.1')],
  ['127.0.0.1:3307', tcp('127.0.0.1', 3307)],
  [':/run/mysqld/mysqld.sock', socket('/run/mysqld/mysqld.sock')],
  ['localhost:/run/a b.sock', socket('/run/a b.sock')],
  ['localhost:3307:/run/x.sock', socket('/run/x.sock')],
  ['db:3307:/run/x.sock', tcp('db', 3307)],
  ['::1', tcp('::1')],
  ['[::1]', tcp('::1')],
  ['[::1]:3307', tcp('::1', 3307)],
  ['2001:db8::2', tcp('2001:db8::2')],
  ['', undefined],
  ['db:70000', undefined],
  ['-oProxyCommand=x', undefined],
  ['a b', undefined],
  ['a\nb', undefined],
  [':/run/a\nb', undefined],
  ['x:y:z', undefined],
]

describe('parseDatabaseHost()', () => {
  for (const [text, wanted] of CASES) test(JSON.stringify(text), () => assert.deepEqual(parseDatabaseHost(text), wanted))
})
