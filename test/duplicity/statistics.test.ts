import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceSizeIn } from '../../lib/duplicity/log.ts'

const LOG = `NOTICE 1
. Last full backup date: none

NOTICE 1
. --------------[ Backup Statistics ]--------------
. StartTime 1795404118.75 (Mon Nov 23 03:21:58 2026)
. SourceFiles 7
. SourceFileSize 2312289 (2.21 MB)
. NewFiles 6
. NewFileSize 12 (12 bytes)
. Errors 0
. -------------------------------------------------
. 

`

test('sourceSizeIn() reads how much was backed up, from the last statistics of a log', () => {
  assert.deepEqual(sourceSizeIn(LOG), { files: 7, bytes: 2_312_289 })
  assert.deepEqual(sourceSizeIn(LOG + LOG.replace('2312289', '0')), { files: 7, bytes: 0 })
})

test('sourceSizeIn() of a log without them is nothing', () => {
  for (const log of ['', 'NOTICE 1\n. SourceFiles 7\n', LOG.replace('SourceFileSize', 'Size')])
    assert.equal(sourceSizeIn(log), undefined)
})
