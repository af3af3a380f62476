import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skippedIn } from '../../lib/duplicity/log.ts'

/** [a stanza, the path, whether duplicity counts it, whether the set has a part of it, whether it is a device] */
const SAID: readonly (readonly [string, string, boolean, boolean, boolean])[] = [
  ["WARNING 10 '/s/a b'\n. Error accessing possibly locked file /s/a b", '/s/a b', true, false, false],
  ["WARNING 9 '/s/\\xe9'\n. Error accessing possibly locked file /s/é", '/s/é', false, false, false],
  ["WARNING 8 '/s/odd'\n. Error initializing file /s/odd", '/s/odd', false, false, false],
  ['WARNING 1\n. Error listing directory /s/two\n. lines', '/s/two\nlines', false, false, false],
  ["WARNING 1\n. Error [Errno 13] Permission denied: b'/s/x' getting delta for x", 'x', true, false, false],
  ['WARNING 1\n. Error [Errno 5] Input/output error getting delta for /s/x', '/s/x', false, true, false],
  ["WARNING 1\n. Warning: base /s doesn't exist, continuing", '', false, false, false],
  [
    "WARNING 12 'SITE/null'\n. Error 'Error running ['mknod', b'/t/null', 'c', '1', '3']' processing SITE/null",
    'SITE/null',
    false,
    false,
    true,
  ],
  ["WARNING 12 'x'\n. Error '[Errno 1] Operation not permitted' processing x", 'x', false, false, false],
  ["WARNING 13 'x'\n. Skipping x because of previous error", 'x', false, false, false],
]
for (const [stanza, path, isCounted, isTorn, isDevice] of SAID) {
  test(`skippedIn() reads ${JSON.stringify(stanza)}`, () => {
    const [found, ...more] = skippedIn(`NOTICE 1\n. Last full backup date: none\n\n${stanza}\n\n`)
    const { text, ...rest } = found!
    assert.deepEqual([rest, more], [{ path, isCounted, isTorn, isDevice }, []])
    assert.doesNotMatch(text, /\n/)
  })
}

test('skippedIn() takes nothing else for a file that was skipped', () => {
  for (const stanza of [
    'WARNING 1\n. No signatures found, switching to full backup.',
    'ERROR 30 OSError\n. Error listing directory /s',
    'NOTICE 1\n. Error listing directory /s',
  ])
    assert.deepEqual(skippedIn(`${stanza}\n\n`), [])
})
