import assert from 'node:assert/strict'
import { test } from 'node:test'
import { devicesIn, unchangeableIn } from '../../lib/host/special-files.ts'

test('devicesIn() reads what find printed, and nothing of a name that was cut off', () => {
  assert.deepEqual(devicesIn('c SITE/null\0s SITE/a\nsock\0b SITE/di'), [
    { kind: 'device', path: 'SITE/null' },
    { kind: 'socket', path: 'SITE/a\nsock' },
  ])
  assert.deepEqual(devicesIn(''), [])
})

test('unchangeableIn() reads what lsattr printed of marked files and folders', () => {
  const printed = [
    '----i---------e------- .',
    '----i---------e------- ./SITE/locked.php',
    '-----a-------A-e------ ./SITE/log file.txt',
    '--------------e------- ./SITE/aim.php',
    'i am a line of a name',
    '',
  ].join('\n')
  assert.deepEqual(unchangeableIn(printed), ['', 'SITE/locked.php', 'SITE/log file.txt'])
})
