import type { Finding } from './finding.ts'

/** How it is told that certificates or configuration of a site are not in force yet. */
export const INCOMPLETE = 'incomplete: '

/**
 * What is to be said of it now, by what a run said last: nothing once all is in force, by a night or an administrator's
 * word; and something also where no run has said it yet, as after a recovery.
 * @param isWaiting whether something still waits
 */
export function withIncomplete(last: readonly Finding[], isWaiting: boolean): readonly Finding[] {
  const isSaid = ({ about }: Finding): boolean => about === 'configuration'
  if (!isWaiting) return last.filter(finding => !isSaid(finding))
  const text = `${INCOMPLETE}certificates or configuration of its backup are not in force yet; the next night says why, and tries again`
  return last.some(isSaid) ? last : [...last, { level: 'attention', text, about: 'configuration' }]
}
