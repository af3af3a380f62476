import { exitCodeOf, isTrouble, type Outcome } from '../core/outcome.ts'
import { printable } from './lines.ts'

/** The last words of a run for a person: what failed and why, what has to be settled, and the verdict. */
export function summaryOf(outcomes: readonly Outcome[], stoppedBy: string | undefined, dryRun: boolean): string {
  const troubles = outcomes.filter(isTrouble)
  const lines = troubles.flatMap(outcome => troubleOf(outcome))
  return [...lines, verdictOf(outcomes, stoppedBy, dryRun)]
    .flatMap(text => text.split('\n'))
    .map(printable)
    .join('\n')
}

function troubleOf(outcome: Outcome): string[] {
  const who = outcome.subject === undefined ? '' : `${outcome.subject}: `
  const failed = outcome.status === 'failed' ? [`FAILED  ${who}${outcome.title}: ${outcome.reason ?? 'no reason given'}`] : []
  const problems = outcome.notes.filter(note => note.kind === 'problem').map(note => `PROBLEM ${who}${note.text}`)
  return [...failed, ...problems]
}

function verdictOf(outcomes: readonly Outcome[], stoppedBy: string | undefined, dryRun: boolean): string {
  const failures = outcomes.filter(isTrouble).length
  const done = outcomes.filter(outcome => outcome.status === 'done').length
  const what = dryRun ? 'dry run: nothing was changed' : `${done} ${done === 1 ? 'step' : 'steps'} done`
  if (stoppedBy !== undefined) return `stopped by ${stoppedBy} (exit code ${exitCodeOf(outcomes, stoppedBy)}); ${what}`
  return failures === 0 ? `all well; ${what}` : `${failures} ${failures === 1 ? 'thing needs' : 'things need'} attention; ${what}`
}
