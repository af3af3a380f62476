import { type BackupSet, type Chain, type Collection, type Damage, primaryChain, setsOf } from './collection.ts'
import { printTime, restorePoints } from './restore-point.ts'
import { counted } from './wording.ts'

/**
 * The collection with its damage: nothing is built on a damaged set, and its chain is not whole when pruning. Nor is
 * anything added to a chain whose signatures are damaged.
 */
export function withDamages(collection: Collection, damages: readonly Damage[]): Collection {
  if (damages.length === 0) return collection
  const mark = (set: BackupSet): BackupSet => {
    const found = damages.filter(damage => damage.set === set.time)
    if (found.length === 0) return set
    const restorable = set.restorable && found.every(({ role }) => role === 'signatures')
    // what is known of its files tells more than the listing does
    return { ...set, restorable, problems: found.map(({ text }) => text) }
  }
  const markChain = (chain: Chain): Chain => ({ ...chain, full: mark(chain.full), incrementals: chain.incrementals.map(mark) })
  const { chains, incomplete, orphaned, superseded, primarySigned } = collection
  const newest = primaryChain(collection)
  const primary = new Set(newest && setsOf(newest).map(set => set.time))
  const isUnsigned = damages.some(({ set, role }) => role === 'signatures' && primary.has(set))
  return {
    ...collection,
    chains: chains.map(markChain),
    incomplete: incomplete.map(mark),
    orphaned: orphaned.map(mark),
    superseded: superseded.map(mark),
    primarySigned: primarySigned && !isUnsigned,
    damages,
  }
}

/** What a damage means for a person: which backups it takes with it, and what can still be restored. */
export function meaningOf(collection: Collection, damage: Damage): string {
  if (damage.role === 'signatures') return 'nothing is lost by it, but nothing can be added to that backup'
  const chain = collection.chains.find(each => setsOf(each).some(set => set.time === damage.set))
  const lost = new Set([damage.set, ...(chain ? setsOf(chain).map(set => set.time) : [])].filter(time => time >= damage.set))
  const left = restorePoints(collection).filter(point => !lost.has(point.time) && point.problems.length === 0)
  const many =
    lost.size === 1
      ? 'this backup does'
      : `the ${lost.size} backups of ${printTime(damage.set)} to ${printTime(Math.max(...lost))} do`
  const first = left[0]
  if (!first) return `${many} not restore whole, and no other does`
  const newest = left.at(-1)!
  const span = newest === first ? `of ${printTime(first.time)}` : `from ${printTime(first.time)} to ${printTime(newest.time)}`
  return `${many} not restore whole; ${counted(left.length, 'other does', 'others do')}, ${span}`
}
