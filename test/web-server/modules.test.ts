import assert from 'node:assert/strict'
import { test } from 'node:test'
import { modulesNeeded } from '../../lib/web-server/apache.ts'
import { APACHE } from '../support/plain-configuration.ts'

test('modulesNeeded() names the modules of the directives, but not of those that ask for their module first', () => {
  assert.deepEqual(modulesNeeded(APACHE[0]!), ['rewrite'])
  assert.deepEqual(modulesNeeded(APACHE[1]!.replace('<IfModule mod_ssl.c>\n', '').replace(/<\/IfModule>\n$/, '')), [
    'alias',
    'http2',
    'proxy_fcgi',
    'rewrite',
    'ssl',
  ])
  assert.deepEqual(modulesNeeded(APACHE[1]!), [])
  assert.deepEqual(modulesNeeded('ServerName a\nconstructor b\n'), [])
})
