import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseLog } from '../../lib/duplicity/log.ts'

const LOG = `NOTICE 1
. Local and Remote metadata are synchronized, no sync needed.

INFO 3
. Collection Status
. 
.  full 20260105T030000Z 1 enc
.

WARNING 5 3 4
. Incomplete

ERROR 23 BackendException
. put failed:
. No space left on device
`

test('parseLog() reads keyword, code, words and text', () => {
  assert.deepEqual(parseLog(LOG), [
    { keyword: 'NOTICE', code: 1, words: [], text: 'Local and Remote metadata are synchronized, no sync needed.' },
    { keyword: 'INFO', code: 3, words: [], text: 'Collection Status\n\n full 20260105T030000Z 1 enc' },
    { keyword: 'WARNING', code: 5, words: ['3', '4'], text: 'Incomplete' },
    { keyword: 'ERROR', code: 23, words: ['BackendException'], text: 'put failed:\nNo space left on device' },
  ])
})

test('parseLog() reads a log that was cut short at any byte', () => {
  for (let end = 0; end <= LOG.length; end++) {
    const stanzas = parseLog(LOG.slice(0, end))
    assert.ok(stanzas.length <= 4)
    assert.ok(stanzas.every(({ keyword }) => ['NOTICE', 'INFO', 'WARNING', 'ERROR'].includes(keyword)))
  }
})

test('parseLog() passes over what is no stanza', () => {
  for (const text of ['', '\n\n\n', 'Traceback (most recent call last):\n  File "x"', '. text without a head'])
    assert.deepEqual(parseLog(text), [])
})
