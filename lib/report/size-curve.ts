import { formatBytes } from '../core/size.ts'
import type { SizePoint } from '../core/size-history.ts'
import { counted } from '../core/wording.ts'
import type { SiteJson } from './status-json.ts'

/** A site's size against its allowance over time, as it is drawn, and what the curve is in words. */
export interface SizeCurve {
  /** Oldest first; ms since the epoch, bytes. */
  readonly points: readonly SizePoint[]
  /** What stands above it. */
  readonly title: string
  /** The same for those who do not see it: what it shows, and its numbers. */
  readonly words: string
}

/** Points that a curve is drawn by at most. */
const DRAWN = 150

/**
 * The size as it was measured each night, where this host remembers two nights or more; else the size of the sets that
 * are still kept, by the time they were made. Undefined where no sizes are known.
 */
export function sizeCurve(site: SiteJson, history: readonly SizePoint[]): SizeCurve | undefined {
  if (history.length > 1)
    return {
      points: drawn(history),
      title: `Size at the end of each night since ${day(history[0]!.at)}`,
      words: wordsOf(history),
    }
  const points = keptSizes(site)
  if (points.length === 0) return undefined
  return {
    points,
    title: 'Size of the sets that are kept, by the time they were made',
    words:
      "Fewer than two nights' sizes can be read on this host: the curve is that of the sets that are still kept, by the time they were made.",
  }
}

/** The bytes of all sets that are kept, up to each one. */
function keptSizes({ chains, bytes, allowanceBytes }: SiteJson): SizePoint[] {
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
export function drawn(history: readonly SizePoint[], most = DRAWN): readonly SizePoint[] {
  if (history.length <= most) return history
  const stretch = Math.ceil(history.length / (most - 1))
  const groups = Map.groupBy(history.keys(), index => Math.floor(index / stretch))
  const largest = [...groups.values()].map(indices =>
    indices.map(index => history[index]!).reduce((a, b) => (b.bytes > a.bytes ? b : a)),
  )
  return largest.at(-1) === history.at(-1) ? largest : [...largest, history.at(-1)!]
}

const day = (time: number): string => new Date(time).toISOString().slice(0, 10)
