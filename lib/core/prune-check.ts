import { DAY, formatAge } from './age.ts'
import { type Collection, type FileRef, filesOf } from './collection.ts'
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

/** A failed action may have left planned files; after one that was cut short, anything may have come. */
export type Ending = 'well' | 'failed' | 'cut short'

export function namesOf({ files, mayGo }: PrunePlan): PlannedNames {
  const names = (list: PrunePlan['files']): string[] => list.map(file => file.name)
  return { mustGo: names(files), mayGo: names(mayGo) }
}

/** How what happened to an archive differs from what was planned: a sentence each. */
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

/** A writer finishes a file at least this often: a volume of 200 MB over a slow line takes an hour or two (ms). */
const QUIET = 6 * 3_600_000
/** Where a listing has no times, names tell when a set was begun: a full may take two days. */
const LONGEST_BACKUP = 2 * DAY

/**
 * What shows that somebody is writing this archive now. A backup sends its manifest last, so only the age of its files
 * tells a set that is being written from an unfinished one. A file dated ahead of this clock counts as new.
 * @param isOwn tells the files of a set that this host itself has left unfinished
 */
export function signsOfWriter(
  collection: Collection,
  now: number,
  isOwn: (file: FileRef) => boolean = () => false,
): string | undefined {
  const sets = [...collection.incomplete, ...collection.orphaned].filter(set => !filesOf(set).some(isOwn))
  const loose = [...collection.orphanedSignatures, ...collection.partial].filter(file => !isOwn(file))
  const files: readonly FileRef[] = [...sets.flatMap(filesOf), ...loose]
  const dated = files.filter(file => file.modifiedAt !== undefined)
  const newest = dated.toSorted((a, b) => a.modifiedAt! - b.modifiedAt!).at(-1)
  if (newest && newest.modifiedAt! > now - QUIET)
    return `${newest.name}, of no finished set, is ${formatAge(now - newest.modifiedAt!)} old`
  if (dated.length === files.length) return undefined
  const begun = Math.max(...sets.map(set => set.time))
  return begun > now - LONGEST_BACKUP ? `an unfinished set was begun ${formatAge(now - begun)} ago` : undefined
}
