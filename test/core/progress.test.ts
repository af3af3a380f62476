import assert from 'node:assert/strict'
import { test } from 'node:test'
import { progressText } from '../../lib/core/progress.ts'

const cases: readonly (readonly [Parameters<typeof progressText>[0], string])[] = [
  [
    { volumes: 3, bytes: 6e8, expected: 2.4e9, seconds: 60 },
    '3 volumes, 600 MB of about 2.40 GB (25 %), 10.0 MB/s, about 3 min left',
  ],
  [{ volumes: 1, bytes: 1e6, expected: undefined, seconds: 2 }, '1 volume, 1.00 MB, 500 kB/s'],
  [{ volumes: 3, bytes: 6e8, expected: 5e8, seconds: 60 }, '3 volumes, 600 MB, 10.0 MB/s'],
  [{ bytes: 0, expected: 0, seconds: 0 }, '0 bytes'],
]

for (const [progress, text] of cases) test(`progressText() says ${text}`, () => assert.equal(progressText(progress), text))
