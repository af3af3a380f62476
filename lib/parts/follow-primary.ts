import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import type { WriterRequest } from '../steps/archive.ts'
import {
  chooseNewest,
  guardReplica,
  isBehind,
  isNotProven,
  isReplicaIncomplete,
  lendForRestore,
  proveGuard,
} from '../steps/follow.ts'
import { checkSeals } from '../steps/seals.ts'
import { status } from '../steps/status.ts'
import type { ShrinkageRequest } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'

/** Brings a replica to the newest backup that it may follow. */
export const followPrimary = recipe<NeedsOf<typeof status> & Needs<'request'> & ShrinkageRequest & WriterRequest>()
  .do(status)
  .do(checkSeals)
  .do(chooseNewest)
  .do(guardReplica)
  .only('Incomplete', isReplicaIncomplete, async incomplete =>
    incomplete.use((await import('./finish-configuration.ts')).finishConfiguration),
  )
  .only('Newer in the archive', isBehind, async behind =>
    behind.do(lendForRestore).use((await import('./replace-site.ts')).replaceReplica),
  )
  .only('Guard', isNotProven, made => made.do(proveGuard))
