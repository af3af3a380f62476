import type { SizePoint } from '../core/measure.ts'
import { counted, formatBytes } from '../core/wording.ts'
import type { SiteJson } from './status.ts'

/** What page-drawing.js makes a site's chart and the table of its chains from: as few letters as tell it. */
export interface SiteData {
  readonly name: string
  readonly chains: readonly ChainData[]
  readonly sizes: SizesData | undefined
}

/** Times in seconds since the epoch. */
interface ChainData {
  readonly name: string
  readonly from: number
  readonly to: number
  /** Of each set, the full first: how long after the one before it. */
  readonly hours: readonly number[]
  /** The places of those that cannot be restored. */
  readonly bad: readonly number[]
  readonly bytes: number | null
  readonly size: string
  readonly damage: string
}

/** Sizes in thousandths of the largest that is drawn. */
interface SizesData {
  readonly title: string
  readonly from: number
  /** Hours after the one before, and the size. */
  readonly points: readonly (readonly [hours: number, size: number])[]
  /** The places from which on another allowance held; null for none. */
  readonly allowed: readonly (readonly [place: number, size: number | null])[]
  /** Of nothing, of half of the largest, and of the largest. */
  readonly labels: readonly string[]
}

const HOUR = 3_600_000

/** The data of a site's chart and chains. */
export const siteData = (site: SiteJson, curve: SizeCurve | undefined): SiteData => ({
  name: site.name,
  chains: site.chains.map((chain, index) => ({
    name: chain.primary ? 'newest' : String(index + 1),
    from: Date.parse(chain.from) / 1000,
    to: Date.parse(chain.to) / 1000,
    hours: hoursBetween(chain.sets.map(({ time }) => Date.parse(time))),
    bad: chain.sets.flatMap(({ restorable }, place) => (restorable ? [] : [place])),
    bytes: chain.bytes,
    size: formatBytes(chain.bytes ?? undefined),
    damage: chain.sets.flatMap(({ problems }) => problems).join('; '),
  })),
  sizes: curve && sizesData(curve),
})

function sizesData({ title, points }: SizeCurve): SizesData {
  const most = Math.max(1, ...points.flatMap(({ bytes, allowanceBytes = 0 }) => [bytes, allowanceBytes]))
  const stepOf = (bytes: number): number => Math.round((bytes / most) * 1000)
  const hours = hoursBetween(points.map(({ at }) => at))
  const allowances = points.map(({ allowanceBytes }) => allowanceBytes)
  return {
    title,
    from: Math.floor(points[0]!.at / 1000),
    points: points.map(({ bytes }, index) => [hours[index]!, stepOf(bytes)]),
    allowed: allowances.flatMap((bytes, index) =>
      index > 0 && bytes === allowances[index - 1] ? [] : [[index, bytes === undefined ? null : stepOf(bytes)] as const],
    ),
    labels: [0, most / 2, most].map(formatBytes),
  }
}

/** Whole hours from one to the next, so that they never add up to more than an hour too much or too little. */
function hoursBetween(times: readonly number[]): number[] {
  const since = times.map(time => Math.round((time - times[0]!) / HOUR))
  return since.map((hours, index) => hours - (since[index - 1] ?? 0))
}

/** A site's size against its allowance over time, as it is drawn, and the same in words. */
export interface SizeCurve {
  /** Oldest first; ms since the epoch, bytes. */
  readonly points: readonly SizePoint[]
  readonly title: string
  /** For those who do not see it: what it shows, and its numbers. */
  readonly words: string
}

/** Its size each night, where two or more are remembered; else that of its sets by their time, if it is known. */
export function sizeCurve(site: SiteJson, history: readonly SizePoint[]): SizeCurve | undefined {
  if (history.length > 1)
    return {
      points: thinned(history),
      title: `Size at the end of each night since ${day(history[0]!.at)}`,
      words: wordsOf(history),
    }
  const points = sizesOfSets(site)
  if (points.length === 0) return undefined
  const title = 'Size of the sets in the archive, by the time they were made'
  return { points, title, words: `Fewer than two nights' sizes can be read on this host. The curve: ${title.toLowerCase()}.` }
}

/** The bytes of all sets up to each one. */
function sizesOfSets({ chains, bytes, allowanceBytes }: SiteJson): SizePoint[] {
  if (bytes === null) return []
  const sets = chains.flatMap(chain => chain.sets).toSorted((a, b) => (a.time < b.time ? -1 : 1))
  let sum = 0
  return sets.map(set => {
    sum += set.bytes ?? 0
    return { at: Date.parse(set.time), bytes: sum, allowanceBytes }
  })
}

function wordsOf(history: readonly SizePoint[]): string {
  const [first, last] = [history[0]!, history.at(-1)!]
  const most = history.reduce((a, b) => (b.bytes > a.bytes ? b : a))
  const over = history.filter(({ bytes, allowanceBytes = Number.POSITIVE_INFINITY }) => bytes > allowanceBytes).length
  const nights = `${counted(history.length, 'night')} from ${day(first.at)} to ${day(last.at)}`
  return `Size on ${nights}: ${formatBytes(first.bytes)} on the first, ${formatBytes(last.bytes)} on the last, ${formatBytes(most.bytes)} at most (${day(most.at)}); over the allowance on ${over === 0 ? 'none' : over} of them.`
}

/** As many points as can be told apart: of each stretch of time the largest, and the last of all. */
export function thinned(history: readonly SizePoint[], most = 150): readonly SizePoint[] {
  if (history.length <= most) return history
  const stretch = Math.ceil(history.length / (most - 1))
  const groups = Map.groupBy(history.keys(), index => Math.floor(index / stretch))
  const largest = [...groups.values()].map(indices =>
    indices.map(index => history[index]!).reduce((a, b) => (b.bytes > a.bytes ? b : a)),
  )
  return largest.at(-1) === history.at(-1) ? largest : [...largest, history.at(-1)!]
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
