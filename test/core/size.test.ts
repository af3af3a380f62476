import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatBytes } from '../../lib/core/size.ts'

const sizes: [number, string][] = [
  [0, '0 bytes'],
  [512, '512 bytes'],
  [1000, '1.00 kB'],
  [34_540_000, '34.5 MB'],
  [340_000_000, '340 MB'],
  [1_204_000_000, '1.20 GB'],
  [-2_500_000, '-2.50 MB'],
]
for (const [bytes, text] of sizes) test(`formatBytes() says ${text}`, () => assert.equal(formatBytes(bytes), text))
