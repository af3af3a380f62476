import { type BackupSet, type Chain, type Collection, setsOf } from './collection.ts'
import { printTime, restorePoints } from './restore-point.ts'

/** One volume that could be read, and when it last was (ms since the epoch), if ever. */
export interface Auditable {
  readonly site: string
  readonly name: string
  readonly bytes: number
  readonly readAt: number | undefined
  /** It was found to be damaged: read again each night, for it may have been brought back. */
  readonly damaged: boolean
}

/**
 * The volumes to read tonight: the damaged, then those never read, then the least recently read, as many as fit into the budget; one at least, or a volume larger than the
 * budget would never be read.
 * @param budgetBytes 0 for none at all
 */
export function planAudit(volumes: readonly Auditable[], budgetBytes: number): readonly Auditable[] {
  if (budgetBytes <= 0) return []
  const rank = ({ damaged, readAt }: Auditable): number => (damaged ? -1 : (readAt ?? 0))
  const order = volumes.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  let sum = 0
  return order.filter((volume, index) => {
    sum += volume.bytes
    return index === 0 || sum <= budgetBytes
  })
}

/** What the audit found wrong, by the name of the file that it is wrong with: a volume, or the manifest of a set that lacks one. */
export type Damages = Readonly<Record<string, string>>

/** The collection with what the audit knows: a damaged set does not restore, so nothing may be built on it (the next backup is full) nor may it count as whole when pruning. */
export function withDamages(collection: Collection, damages: Damages): Collection {
  if (Object.keys(damages).length === 0) return collection
  const mark = (set: BackupSet): BackupSet => {
    const found = [...set.volumes, ...(set.manifest ? [set.manifest] : [])].flatMap(file => damages[file.name] ?? [])
    if (found.length === 0) return set
    return { ...set, restorable: false, problems: [...set.problems, ...found] }
  }
  const markChain = (chain: Chain): Chain => ({ ...chain, full: mark(chain.full), incrementals: chain.incrementals.map(mark) })
  return { ...collection, chains: collection.chains.map(markChain) }
}

/** What a damage means for a person: which backups it takes with it, and what can still be restored. */
export function meaningOf(collection: Collection, set: BackupSet): string {
  const chain = collection.chains.find(each => setsOf(each).includes(set))
  const lost = chain ? setsOf(chain).filter(each => each.time >= set.time) : [set]
  const left = restorePoints(collection).filter(point => !lost.includes(point.set) && point.problems.length === 0)
  const many =
    lost.length === 1
      ? 'this backup does'
      : `the ${lost.length} backups of ${printTime(set.time)} to ${printTime(lost.at(-1)!.time)} do`
  const first = left[0]
  if (!first) return `${many} not restore whole, and no other does`
  const newest = left.at(-1)!
  return `${many} not restore whole; ${left.length} others do, from ${printTime(first.time)} to ${printTime(newest.time)}`
}
