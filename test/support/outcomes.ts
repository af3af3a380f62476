import type { Outcome } from '../../lib/core/outcome.ts'

/** An outcome of a step that did its work, but for what a test says of it. */
export function madeUpOutcome(more: Partial<Outcome> = {}): Outcome {
  const nothing = { subject: undefined, reason: undefined, exitCode: undefined, notes: [], commands: [], output: [] }
  return { step: 'step', title: 'Step', phase: 'do', status: 'done', startedAt: 0, seconds: 0, ...nothing, ...more }
}
