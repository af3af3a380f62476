import { recipe } from '../engine/recipe.ts'
import type { NeedsOf } from '../engine/step.ts'
import type { WriterRequest } from '../steps/archive.ts'
import { isReplicaIncomplete } from '../steps/configuration.ts'
import { chooseNewest, isBehind } from '../steps/replica.ts'
import { checkSeals } from '../steps/seals.ts'
import { guardReplica, isNotProven, lendForRestore, proveGuard } from '../steps/site-mode.ts'
import { status } from '../steps/status.ts'
import type { ShrinkageRequest } from '../steps/verify.ts'
import type { Needs } from '../store/facts.ts'
import { finishConfiguration } from './finish-configuration.ts'
import { replaceReplica } from './replace-site.ts'

/** Brings a replica to the newest backup that it may follow. */
export const followPrimary = recipe<NeedsOf<typeof status> & Needs<'request'> & ShrinkageRequest & WriterRequest>()
  .do(status)
  .do(checkSeals)
  .do(chooseNewest)
  .do(guardReplica)
  .only('Incomplete', isReplicaIncomplete, incomplete => incomplete.use(finishConfiguration))
  .only('Newer in the archive', isBehind, behind => behind.do(lendForRestore).use(replaceReplica))
  .only('Guard', isNotProven, made => made.do(proveGuard))
