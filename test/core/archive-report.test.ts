import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextNight } from '../../lib/core/archive-report.ts'
import { planBackup } from '../../lib/core/backup-plan.ts'
import { type PruneInput, planPrune } from '../../lib/core/retention.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { at, chainSketch, listing, type SetSketch } from '../duplicity/archive.ts'

const MONTH = 30 * 86_400
const months = [...chainSketch(0, 3), ...chainSketch(30, 3), ...chainSketch(60, 3)]
const full = { volumes: [1, 2, 3, 4, 5, 6, 7, 8, 9] }
const bigFulls = [...chainSketch(0, 3, full), ...chainSketch(30, 3, full), ...chainSketch(60, 3, full)]

/** What is told of an archive of these sets, far over its allowance unless told otherwise. */
function told(sketches: SetSketch[], rest: Partial<PruneInput> = {}, day = 65, room = true): string {
  const collection = collectionOf(listing(...sketches))
  const input = { collection, allowanceBytes: 100, keepIncrementals: 1, ...rest }
  const fullBackups = { allowed: room, reason: 'there is no room' }
  const backup = planBackup({ collection, frequencySeconds: MONTH, now: at(day), fullBackups })
  return nextNight({
    prune: planPrune(input),
    backup,
    frozen: input.frozen,
    over: collection.bytes! > input.allowanceBytes,
  })
}

const cases: readonly (readonly [name: string, told: string, words: string])[] = [
  ['within the allowance', told(months, { allowanceBytes: 1e6 }), 'incremental backup'],
  ['a full when one is due', told(months, { allowanceBytes: 1e6 }, 95), 'full backup'],
  ['over it', told(months), "delete an old chain's incrementals, then incremental backup"],
  ['over it, with large fulls', told(bigFulls), 'delete the oldest chain, then incremental backup'],
  [
    'an untidy collection',
    told([...months, { day: 64, base: 63, manifest: false }]),
    'clean up what is in no chain, then full backup',
  ],
  [
    'over it, with the primary chain alone',
    told(chainSketch(60, 3)),
    'incremental backup; over its allowance, but nothing can go: only the primary chain is left',
  ],
  [
    'pruning that a person must look at',
    told(months, { frozen: 'since then' }),
    'incremental backup; pruning is stopped until you have looked',
  ],
  [
    'another host at work',
    told(months, { otherWriter: 'a volume is 1 min old' }),
    'incremental backup; over its allowance, but another host is writing this archive (a volume is 1 min old): nothing is pruned until it has ended',
  ],
  [
    'no room for the full that is needed',
    told([], {}, 65, false),
    'no backup: a full backup is needed (there is no full backup yet), but there is no room',
  ],
]

for (const [name, is, words] of cases) test(`nextNight() tells what the decisions say: ${name}`, () => assert.equal(is, words))
