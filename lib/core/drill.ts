import type { Finding } from './finding.ts'
import { type SetTest, testText } from './page.ts'
import { printTime, type RestorePoint } from './restore-point.ts'

export interface LastDrill {
  readonly triedAt: number
  readonly newest: boolean
  readonly doneAt?: number
  readonly said?: string
  /** It needs somebody, until a later drill of the site goes well. */
  readonly isProblem?: boolean
}

/** The site whose turn it is: never drilled, then the longest undrilled. A failed attempt counts as a turn. */
export function nextToDrill<Site extends { readonly name: string }>(
  sites: readonly Site[],
  lastOf: (site: Site) => LastDrill | undefined,
): Site | undefined {
  const turn = (site: Site): number => lastOf(site)?.triedAt ?? 0
  return sites.toSorted((a, b) => turn(a) - turn(b) || (a.name < b.name ? -1 : 1))[0]
}

/**
 * The restore point that a drill tries: by turns the newest, and the oldest that was not tried yet, so that each chain
 * is; the newest as long as a drill has found something wrong. @param points oldest first
 */
export function pointToDrill(
  points: readonly RestorePoint[],
  last: LastDrill | undefined,
): { readonly point: RestorePoint; readonly newest: boolean } | undefined {
  const whole = points.filter(({ problems }) => problems.length === 0)
  const oldest = last?.newest && !last.isProblem ? whole.find(({ set }) => set.tested === undefined) : undefined
  const point = oldest ?? whole.at(-1)
  return point && { point, newest: point === whole.at(-1) }
}

export const drillText = ({ time }: Pick<RestorePoint, 'time'>, test: SetTest): string =>
  `the backup of ${printTime(time)}: ${testText(test)}`

/** That the last drill of a site went wrong. @param toldAt when the last run judged the site, if one did */
export const drillFinding = ({ isProblem, said, doneAt = 0 }: LastDrill, toldAt = 0): Finding | null =>
  isProblem ? { level: 'attention', text: `restore drill of ${said}`, isKnown: toldAt > doneAt } : null
