import type { Outcome, RunEvent } from '../../lib/core/outcome.ts'
import type { Secret } from '../../lib/core/secret.ts'
import type { Runnable } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import { runTree } from '../../lib/engine/tree.ts'

export interface Performed {
  readonly outcomes: readonly Outcome[]
  readonly events: readonly RunEvent[]
}

/** Runs a recipe in this process, as `main` would, and returns what became of it. */
export async function perform<Start extends object>(
  recipe: Runnable<Start>,
  facts: Start,
  options: { dry?: boolean; stop?: AbortSignal; secrets?: Secret[]; onEvent?: (event: RunEvent) => void } = {},
): Promise<Performed> {
  const events: RunEvent[] = []
  const run = new Run({
    dry: options.dry ?? false,
    stop: options.stop ?? new AbortController().signal,
    now: Date.now,
    onEvent: event => {
      events.push(event)
      options.onEvent?.(event)
    },
    secrets: options.secrets ?? [],
  })
  await runTree(recipe, facts, run)
  return { outcomes: run.outcomes, events }
}

/** Each outcome as one short line: `name up done`, `[subject] name do failed: why`. */
export function story(outcomes: readonly Outcome[]): string[] {
  return outcomes.map(({ subject, step, phase, status, reason }) => {
    const who = subject === undefined ? '' : `[${subject}] `
    return `${who}${step} ${phase} ${status}${reason === undefined ? '' : `: ${reason}`}`
  })
}

/** The notes of all outcomes, as `kind: text`. */
export function notesOf({ outcomes }: Performed): string[] {
  return outcomes.flatMap(outcome => outcome.notes.map(note => `${note.kind}: ${note.text}`))
}

/** The one outcome of this step and phase. @throws when there is none or more than one */
export function outcomeOf({ outcomes }: Performed, step: string, phase: Outcome['phase'] = 'do'): Outcome {
  const found = outcomes.filter(outcome => outcome.step === step && outcome.phase === phase)
  if (found.length !== 1)
    throw new Error(`${found.length} outcomes of ${step} ${phase}, wanted one; there are:\n${story(outcomes).join('\n')}`)
  return found[0]!
}
