import { type BackupSet, type Chain, type Collection, setsOf } from '../core/collection.ts'
import { printTime } from '../core/restore-point.ts'
import type { PrunePlan } from '../core/retention.ts'
import { counted, formatBytes } from '../core/wording.ts'

/** All sets of a site, for the log of prunings (S21): their sizes, what goes marked with `-`, and why. */
export function chainStatus(site: string, collection: Collection, plan: PrunePlan, now: number): string {
  const goes = new Set(plan.files.map(file => file.name))
  const { chains, orphaned, incomplete, superseded } = collection
  return [
    `${site}, ${printTime(now)}: ${counted(chains.length, 'chain')}, ${formatBytes(collection.bytes)}`,
    `plan: ${plan.action.kind}: ${plan.reason}`,
    ...plan.considered.map(each => `  ${each.action}: ${each.applies ? 'applies' : 'does not apply'}: ${each.reason}`),
    ...chains.flatMap((chain, index) => chainLines(chain, index === chains.length - 1, goes)),
    ...setLines('orphaned', orphaned, goes),
    ...setLines('incomplete', incomplete, goes),
    ...setLines('superseded', superseded, goes),
    ...fileLines('orphaned signatures', collection.orphanedSignatures, goes),
    `to delete, ${counted(plan.files.length, 'file')}, ${formatBytes(plan.freesBytes)}:`,
    ...plan.files.map(file => `  ${file.name}  ${formatBytes(file.bytes)}`),
    '',
  ].join('\n')
}

function chainLines(chain: Chain, primary: boolean, goes: ReadonlySet<string>): string[] {
  const title = `${primary ? 'primary' : 'secondary'} chain, ${printTime(chain.startAt)} to ${printTime(chain.endAt)}`
  return setLines(title, setsOf(chain), goes, chain.bytes)
}

function setLines(title: string, sets: readonly BackupSet[], goes: ReadonlySet<string>, bytes?: number): string[] {
  if (sets.length === 0) return []
  return [`${title}${bytes === undefined ? '' : `, ${formatBytes(bytes)}`}:`, ...sets.map(set => setLine(set, goes))]
}

function setLine(set: BackupSet, goes: ReadonlySet<string>): string {
  const mark = set.volumes.some(volume => goes.has(volume.name)) || (set.manifest && goes.has(set.manifest.name)) ? '-' : ' '
  const volumes = counted(set.volumes.length, 'volume')
  const problems = set.problems.length === 0 ? '' : `  (${set.problems.join('; ')})`
  return ` ${mark} ${set.kind.padEnd(11)} ${printTime(set.time)}  ${volumes}  ${formatBytes(set.bytes)}${problems}`
}

function fileLines(title: string, files: Collection['orphanedSignatures'], goes: ReadonlySet<string>): string[] {
  if (files.length === 0) return []
  return [`${title}:`, ...files.map(file => ` ${goes.has(file.name) ? '-' : ' '} ${file.name}  ${formatBytes(file.bytes)}`)]
}
