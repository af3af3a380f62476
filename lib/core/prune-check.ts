import type { PrunePlan } from './retention.ts'
import { counted } from './wording.ts'

/** The names of a plan: those that must go and those that may. */
export interface PlannedNames {
  readonly mustGo: readonly string[]
  readonly mayGo: readonly string[]
}

/** The names of an archive's files, of duplicity's own only, before and after an action. */
export interface Listings {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/**
 * How the action ended: a failed one may have left planned files; of one that was cut short nobody knows what came
 * after it.
 */
export type Ending = 'well' | 'failed' | 'cut short'

export function namesOf({ files, mayGo }: PrunePlan): PlannedNames {
  const names = (list: PrunePlan['files']): string[] => list.map(file => file.name)
  return { mustGo: names(files), mayGo: names(mayGo) }
}

/**
 * How what happened to an archive differs from what was planned: one sentence each, none when exactly the planned files
 * went.
 */
export function differences(planned: PlannedNames, { before, after }: Listings, ending: Ending): readonly string[] {
  const now = new Set(after)
  const then = new Set(before)
  const allowed = new Set([...planned.mustGo, ...planned.mayGo])
  const gone = before.filter(name => !now.has(name) && !allowed.has(name))
  const stayed = ending === 'well' ? planned.mustGo.filter(name => now.has(name)) : []
  const came = ending === 'cut short' ? [] : after.filter(name => !then.has(name))
  return [
    ...sentence(gone, 'went, though not planned'),
    ...sentence(stayed, 'stayed, though planned to go'),
    ...sentence(came, 'came meanwhile: somebody else writes this archive'),
  ]
}

function sentence(names: readonly string[], what: string): string[] {
  if (names.length === 0) return []
  const few = names.slice(0, 3).join(', ')
  return [`${counted(names.length, 'file')} ${what}: ${few}${names.length > 3 ? ', …' : ''}`]
}
