import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type TreeSize, textOfTreeSizes, treeSizesIn } from '../../lib/core/tree-size.ts'

const SIZES: TreeSize[] = [
  { time: Date.UTC(2026, 0, 1), files: 12, bytes: 34_567, dump: { bytes: 8, packed: true } },
  { time: Date.UTC(2026, 0, 2), files: 0, bytes: 0 },
]

test('treeSizesIn() reads what textOfTreeSizes() wrote', () => {
  assert.deepEqual(treeSizesIn(textOfTreeSizes(SIZES)), SIZES)
  assert.deepEqual(treeSizesIn(''), [])
})

test('treeSizesIn() passes over what is damaged', () => {
  const damaged = ['{"set":"2026-', 'null', '[]', '{"set":"x","files":1,"bytes":1}', '{"set":"2026-01-01","files":-1,"bytes":1}']
  const oddDump = '{"set":"2026-01-02T00:00:00Z","files":0,"bytes":0,"dump":{"bytes":"many"}}\n'
  assert.deepEqual(treeSizesIn(`${damaged.join('\n')}\n${oddDump}`), [SIZES[1]])
})
