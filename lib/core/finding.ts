/** How a site is, in the same word everywhere. All but `well` make the exit code 1. */
export type Verdict = 'well' | 'needs attention' | 'failed'

/** What a finding is about, where a later run has to find it again. */
export type Topic = 'configuration'

/**
 * One sentence about a site or a run. `failed`: work failed, or no backup is recent enough. `attention`: somebody has
 * to decide or repair something. `remark`: good to know.
 */
export interface Finding {
  readonly level: 'failed' | 'attention' | 'remark'
  readonly text: string
  readonly about?: Topic | undefined
  /** An earlier run told it, and it stays so until somebody acts: it makes no mail of its own. */
  readonly isKnown?: boolean
}

export function verdictOf(findings: readonly Pick<Finding, 'level'>[]): Verdict {
  const has = (level: Finding['level']): boolean => findings.some(finding => finding.level === level)
  return has('failed') ? 'failed' : has('attention') ? 'needs attention' : 'well'
}

export const worstOf = (verdicts: readonly Verdict[]): Verdict =>
  (['failed', 'needs attention'] as const).find(verdict => verdicts.includes(verdict)) ?? 'well'

export const INCOMPLETE = 'incomplete: '

/** What is said of it now, by the last run: nothing once all is in force; something also where no run said it yet. */
export function withIncomplete(last: readonly Finding[], isWaiting: boolean): readonly Finding[] {
  const isSaid = ({ about }: Finding): boolean => about === 'configuration'
  if (!isWaiting) return last.filter(finding => !isSaid(finding))
  const text = `${INCOMPLETE}certificates or configuration of its backup are not in force yet; the next night says why, and tries again`
  return last.some(isSaid) ? last : [...last, { level: 'attention', text, about: 'configuration' }]
}
