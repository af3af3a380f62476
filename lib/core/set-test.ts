import { formatAge } from './age.ts'
import type { SetAnswer } from './page.ts'

/** What came of a restore of a set into a sandbox, where it was asked. */
export interface SetTest extends SetAnswer {
  /** When; ms since the epoch. */
  readonly at: number
  /** Seconds that its files took; absent where they could not be restored, and `said` is why. */
  readonly restored?: number | undefined
  /** Seconds that its dump took; absent where it has none, or it could not be imported. */
  readonly imported?: number | undefined
  /** What was asked, where a person asked for something else than the site's own check. */
  readonly asked?: string | undefined
}

/** The tests of a set with one more: of two that asked the same, the later counts. */
export const withTest = (tests: readonly SetTest[], test: SetTest): readonly SetTest[] => [
  ...tests.filter(({ asked }) => asked !== test.asked),
  test,
]

/** The test in which the site was asked as it is each night. */
export const ownTest = (tests: readonly SetTest[] = []): SetTest | undefined => tests.find(({ asked }) => asked === undefined)

/** How it went, for people. */
export function testText({ restored, imported, works, said }: SetTest): string {
  if (restored === undefined) return `cannot be restored: ${said}`
  const took = (seconds: number): string => (seconds < 300 ? `${Math.ceil(seconds)} s` : formatAge(seconds * 1000))
  const database = imported === undefined ? '' : `, its database imported in ${took(imported)}`
  const all = restored + (imported ?? 0)
  return `restored in ${took(restored)}${database}, ${works ? 'works' : 'does not work'}: ${said}; a recovery of it would take about ${took(all)}`
}
