/**
 * How a site is, in the same word everywhere: the end of a run, `status`, the page, the mail, the metrics. All but
 * `well` make the exit code 1.
 */
export type Verdict = 'well' | 'needs attention' | 'failed'

/** What is told, where a later run has to find again what was said of it. */
export type Topic = 'configuration'

/**
 * One sentence about a site, or about a run. `failed`: work failed, or there is no backup that is recent enough.
 * `attention`: somebody has to decide or repair something. `remark`: good to know, and no worse than well.
 */
export interface Finding {
  readonly level: 'failed' | 'attention' | 'remark'
  readonly text: string
  readonly about?: Topic | undefined
  /** An earlier run told it, and it stays so until somebody acts: it makes no mail of its own. */
  readonly isKnown?: boolean
}

/** The verdict that the worst of the findings asks for. */
export function verdictOf(findings: readonly Pick<Finding, 'level'>[]): Verdict {
  const has = (level: Finding['level']): boolean => findings.some(finding => finding.level === level)
  return has('failed') ? 'failed' : has('attention') ? 'needs attention' : 'well'
}
