import { formatBytes } from '../core/size.ts'
import type { SizePoint } from '../core/size-history.ts'
import type { Report } from './report.ts'

/** A site whose archive's size and allowance are known. Bytes. */
export interface SizedSite {
  readonly site: string
  readonly bytes: number
  readonly allowanceBytes: number
  /** That it is over its allowance is somebody's to see to, and not just the next run's. */
  readonly isStuck: boolean
  readonly history: readonly SizePoint[]
}

/** Sites that a mail's chart shows. */
const SHOWN = 10

/** The sites whose archives are fullest, the fullest first, and how many there are in all. */
export function fullestSites(
  { sites }: Report,
  histories: (site: string) => readonly SizePoint[],
): { readonly shown: readonly SizedSite[]; readonly of: number } {
  const sized = sites.flatMap(({ site, bytes, allowanceBytes, verdict }) =>
    bytes === undefined || !allowanceBytes
      ? []
      : [{ site, bytes, allowanceBytes, isStuck: bytes > allowanceBytes && verdict !== 'well' }],
  )
  const fullest = sized.toSorted((a, b) => b.bytes / b.allowanceBytes - a.bytes / a.allowanceBytes).slice(0, SHOWN)
  return { shown: fullest.map(each => ({ ...each, history: histories(each.site) })), of: sized.length }
}

/**
 * How much of its allowance an archive takes: `99 %`. Rounded down to the allowance, so that `100 %` is never said of
 * what is below it.
 */
export function percentOf({ bytes, allowanceBytes }: SizedSite): string {
  const percent = (100 * bytes) / allowanceBytes
  return `${percent > 100 ? Math.ceil(percent) : Math.floor(percent)} %`
}

export const sizeOf = ({ bytes, allowanceBytes }: SizedSite): string => `${formatBytes(bytes)} of ${formatBytes(allowanceBytes)}`
