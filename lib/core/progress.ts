import { formatAge } from './age.ts'
import { type Collection, primaryChain, setsOf } from './collection.ts'
import { counted, formatBytes } from './wording.ts'

export interface Progress {
  readonly volumes?: number
  readonly bytes: number
  readonly expected: number | undefined
  readonly seconds: number
}

/** `3 volumes, 600 MB of about 2.10 GB (28 %), 12.0 MB/s, about 2 min left`; nothing is promised past `expected`. */
export function progressText({ volumes, bytes, expected, seconds }: Progress): string {
  const rate = seconds > 0 ? bytes / seconds : 0
  const sure = expected !== undefined && expected > 0 && bytes <= expected
  const left = sure && rate > 0 ? `about ${formatAge(((expected - bytes) / rate) * 1000)} left` : ''
  const share = sure ? ` of about ${formatBytes(expected)} (${Math.floor((100 * bytes) / expected)} %)` : ''
  const done = volumes === undefined ? '' : counted(volumes, 'volume')
  return [done, `${formatBytes(bytes)}${share}`, rate > 0 ? `${formatBytes(Math.round(rate))}/s` : '', left]
    .filter(text => text !== '')
    .join(', ')
}

/** What such a set will take: as the newest full, or the mean of the incrementals since. */
export function expectedBytes(collection: Collection, kind: 'full' | 'incremental'): number | undefined {
  const chain = primaryChain(collection)
  if (!chain) return undefined
  if (kind === 'full') return chain.full.bytes
  const sizes = setsOf(chain)
    .slice(1)
    .map(set => set.bytes)
    .filter(bytes => bytes !== undefined)
  return sizes.length === 0 ? undefined : sizes.reduce((sum, bytes) => sum + bytes, 0) / sizes.length
}
