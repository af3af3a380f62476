import { DAY, formatAge } from './age.ts'
import { type BackupSet, type Collection, isKnownGood, setsOf } from './collection.ts'
import type { Finding } from './finding.ts'
import { printTime } from './restore-point.ts'
import { type FileChanges, type SiteState, sumOfChanges, type WordPressSettings, type WordPressVersions } from './site-state.ts'
import { listed } from './wording.ts'

/** That a site does not work, as its sets tell. Times of sets, ms since the epoch. */
export interface Broken {
  readonly said: string
  /** The first set that was made of it since it works no more; of all that are known, where it never worked. */
  readonly since: number
  /** The newest set of a site that worked; undefined where it was never seen to. */
  readonly good: number | undefined
  readonly changed: readonly string[]
}

/** Whether the newest set that was asked about is of a site that did not work. Sets nobody asked about do not count. */
export function brokenSince(collection: Collection): Broken | undefined {
  const known = collection.chains.flatMap(setsOf).filter(set => set.answer !== undefined && !set.cutOff)
  const worked = known.findLastIndex(({ answer }) => answer!.works)
  const [first] = known.slice(worked + 1)
  if (!first) return undefined
  const goodTime = (known.slice(0, worked + 1).findLast(isKnownGood) ?? known[worked])?.time
  const changed = goodTime === undefined ? [] : whatChanged(collection, goodTime, first.time)
  return { said: known.at(-1)!.answer!.said, since: first.time, good: goodTime, changed }
}

/** The newest set that is known to be of a site that worked. */
export const newestKnownGood = (collection: Collection): BackupSet | undefined =>
  collection.chains.flatMap(setsOf).findLast(isKnownGood)

/** Only a site that worked before needs somebody, and its owner only. @param toldAt the last run's judgement, if any */
export function brokenFinding(site: string, broken: Broken, isOwner: boolean, now: number, toldAt = 0): Finding {
  const { said, since, good, changed } = broken
  if (good === undefined)
    return {
      level: 'remark',
      text: `it was never seen to work: ${said}. sites.${site}.check in the inventory says how to ask it`,
    }
  const from = now - since < DAY ? '' : ` for ${formatAge(now - since)}`
  const text = `it does not work${from}: ${said}. The last backup of it that is known to be good is of ${printTime(good)}`
  const what = changed.length === 0 ? '' : `. What had changed then: ${changed.join('. ')}`
  return {
    level: isOwner ? 'attention' : 'remark',
    text: `${text}${what}`,
    isKnown: toldAt > since,
  }
}

/**
 * What changed on a site between two of its sets (by their times), as far as that was written down: files by kind,
 * versions, tables, settings.
 */
export function whatChanged(collection: Collection, from: number, to: number): readonly string[] {
  const sets = collection.chains.flatMap(setsOf).toSorted((a, b) => a.time - b.time)
  const [before, after] = [from, to].map(time => stateAt(sets, time)) as [SiteState, SiteState]
  const nights = sets.filter(({ time }) => time > from && time <= to)
  return [
    ...filesText(sumOfChanges(nights.flatMap(({ state }) => state?.changes ?? []))),
    ...versionsText(before.versions, after.versions),
    ...tablesText(before.tables, after.tables),
    ...settingsText(before.settings, after.settings),
  ]
}

/** What is known of the site as it was then: a night whose dump failed tells nothing new of it. */
export function stateAt(sets: readonly BackupSet[], time: number): SiteState {
  return Object.assign({}, ...sets.filter(set => set.time <= time).map(({ state }) => state ?? {})) as SiteState
}

function filesText(changes: FileChanges): string[] {
  const kinds = Object.entries(changes).map(([kind, counts = [0, 0, 0]]) => {
    const said = counts.flatMap((count, at) => (count === 0 ? [] : [`${count} ${['added', 'changed', 'removed'][at]}`]))
    return `${kind} ${said.join(', ')}`
  })
  return kinds.length === 0 ? [] : [`files: ${kinds.join('; ')}`]
}

function versionsText(before: WordPressVersions | undefined, after: WordPressVersions | undefined): string[] {
  if (!before || !after) return []
  const [was, is] = [before.core.join(', '), after.core.join(', ')]
  return [
    ...(was === is ? [] : [`WordPress ${was || 'none'} → ${is || 'none'}`]),
    ...recordText('plugins', before.plugins, after.plugins),
    ...recordText('themes', before.themes, after.themes),
  ]
}

const tablesText = (before: SiteState['tables'], after: SiteState['tables']): string[] =>
  before && after ? recordText('rows', before, after) : []

const MOST = 8

function recordText<Value>(
  what: string,
  before: Readonly<Record<string, Value>>,
  after: Readonly<Record<string, Value>>,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  const told = names
    .filter(name => before[name] !== after[name])
    .map(name => {
      if (!(name in before)) return `${name} ${after[name]} is new`
      return name in after ? `${name} ${before[name]} → ${after[name]}` : `${name} is gone`
    })
  return told.length === 0 ? [] : [`${what}: ${listed(told, MOST, ', ')}`]
}

function settingsText(before: WordPressSettings | undefined, after: WordPressSettings | undefined): string[] {
  return before && after
    ? [
        ...listText('address', before.siteUrls, after.siteUrls),
        ...listText('active plugins', before.activePlugins, after.activePlugins),
        ...listText('administrators', before.administrators, after.administrators),
      ]
    : []
}

function listText(what: string, before: readonly string[], after: readonly string[]): string[] {
  const told = [
    ...after.filter(name => !before.includes(name)).map(name => `+ ${name}`),
    ...before.filter(name => !after.includes(name)).map(name => `− ${name}`),
  ]
  return told.length === 0 ? [] : [`${what}: ${listed(told, MOST, ', ')}`]
}
