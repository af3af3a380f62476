import { formatAge } from './age.ts'
import { type Collection, problemsOf, setsOf } from './collection.ts'
import type { Role } from './marker.ts'
import { restorePoints } from './restore-point.ts'
import type { PrunePlan } from './retention.ts'
import { formatBytes } from './size.ts'

/** What is known of one site when its health is judged. Times in ms. */
export interface HealthInput {
  readonly role: Role
  readonly collection: Collection
  readonly allowanceBytes: number
  readonly plan: PrunePlan
  /** Why pruning of it is stopped, if it is. */
  readonly frozen: string | undefined
  /** What is wrong with the site's own settings files. */
  readonly settings: readonly string[]
  /** From which age on the newest backup is too old. */
  readonly staleAfter: number
  readonly now: number
}

/** What a person should know: `problems` make a monitor ring, `warnings` do not. One sentence each. */
export interface Health {
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Judges a site. Also on a host that only replays it: when the owner is dead, the replica's monitor is the one that still rings. */
export function healthOf(input: HealthInput): Health {
  const { role } = input.role
  if (role === 'unmanaged') return { problems: [], warnings: [] }
  const claims = role === 'conflict' || role === 'ambiguous' || role === 'unfinished' ? [`${role}: ${input.role.reason}`] : []
  const waiting = role === 'incoming' ? [`incoming: ${input.role.reason}`] : []
  const frozen = input.frozen === undefined ? [] : [`pruning is stopped: ${input.frozen}`]
  return {
    problems: [...claims, ...ageProblems(input), ...sizeProblems(input), ...damage(input.collection), ...frozen],
    warnings: [...waiting, ...untidy(input.collection), ...input.settings],
  }
}

/** Only backups that restore count. */
function ageProblems({ collection, now, staleAfter }: HealthInput): string[] {
  const newest = restorePoints(collection).findLast(point => point.problems.length === 0)
  if (!newest) return ['there is no backup that could be restored']
  const age = now - newest.time
  if (age < 0) return [`the newest backup is dated ${formatAge(-age)} ahead of this clock`]
  return age > staleAfter ? [`no backup for ${formatAge(age)}`] : []
}

function sizeProblems({ collection, allowanceBytes, plan }: HealthInput): string[] {
  const { bytes } = collection
  if (bytes === undefined || bytes <= allowanceBytes) return []
  const help = plan.action.kind === 'none' ? plan.reason : `the next run frees ${formatBytes(plan.freesBytes)}`
  return [`over its allowance, ${formatBytes(bytes)} of ${formatBytes(allowanceBytes)}: ${help}`]
}

/** What is wrong in sets that a restore could be asked for; lost signatures harm none. */
function damage({ chains }: Collection): string[] {
  return chains
    .flatMap(setsOf)
    .filter(set => !set.restorable)
    .flatMap(set => set.problems)
}

/** What is part of no chain may be a backup that is being written at this moment. */
function untidy(collection: Collection): string[] {
  const { orphaned, incomplete, orphanedSignatures } = collection
  const count = orphaned.length + incomplete.length
  const sets = count === 0 ? [] : [`${count} ${count === 1 ? 'set is' : 'sets are'} part of no chain: ${outside(collection)}`]
  return orphanedSignatures.length === 0 ? sets : [...sets, `${orphanedSignatures.length} signature files without their sets`]
}

const outside = (collection: Collection): string =>
  problemsOf({ ...collection, chains: [], superseded: [] })
    .slice(0, 3)
    .join('; ')
