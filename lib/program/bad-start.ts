import type { BadInput } from '../core/bad-input.ts'
import { EXIT, type Outcome } from '../core/outcome.ts'
import { messageOf } from '../core/wording.ts'
import { loadReporting } from '../inventory/load.ts'
import { readSecrets, type Secrets } from '../inventory/secrets.ts'
import { pingsFor } from '../notify/pings.ts'
import { reportRun } from '../notify/reporting.ts'
import type { CommonOptions } from './command-line.ts'

/**
 * Reports a run that could not begin, for its inventory or its secrets are wrong, by what of the inventory is right all
 * the same: the ping and the mail. Gives what could not be sent, one sentence each, for standard error.
 * @param again the command that was given
 */
export async function reportBadStart(task: string, common: CommonOptions, error: BadInput, again: string): Promise<string[]> {
  const host = await loadReporting(common.inventory, common.host)
  const secrets = secretsOrNone(common.env)
  const startedAt = Date.now()
  const { own } = await reportRun({
    ...{ task, host, secrets, startedAt, dryRun: false, stoppedBy: undefined, stop: new AbortController().signal },
    ...{ log: undefined, isJudged: false, isAskedOften: true, partial: false, again: () => again },
    pings: pingsFor(host, secrets, task, false),
    hidden: [...secrets.values()],
    onEvent: () => {},
    outcomes: [badOutcome(error, startedAt)],
  })
  return own.flatMap(({ step, status, reason, notes }) => [
    ...notes.filter(({ kind }) => kind === 'problem').map(({ text }) => `the ${step} about it: ${text}`),
    ...(status === 'failed' ? [`the ${step} about it failed: ${reason}`] : []),
  ])
}

const badOutcome = (error: BadInput, startedAt: number): Outcome => ({
  ...{ step: 'inventory', title: 'Inventory and secrets', phase: 'do', subject: undefined, status: 'failed' },
  ...{ reason: messageOf(error), exitCode: EXIT.badInput, startedAt, seconds: 0, notes: [], commands: [], output: [] },
})

function secretsOrNone(file: string): Secrets {
  try {
    return readSecrets(file)
  } catch {
    return new Map()
  }
}
