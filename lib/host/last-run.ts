import { z } from 'zod'
import { type LastRun, NO_RUN } from '../core/last-run.ts'
import type { Host } from '../inventory/schema.ts'
import { readState, writeState } from './state.ts'

const verdict = z.object({
  verdict: z.enum(['well', 'needs attention', 'failed']),
  since: z.number(),
  at: z.number(),
  work: z.array(
    z.object({
      level: z.enum(['failed', 'attention', 'remark']),
      text: z.string(),
      about: z.literal('configuration').exactOptional(),
    }),
  ),
  damage: z.record(z.string(), z.number()),
})

const lastRun = z.object({ run: verdict.exactOptional(), sites: z.record(z.string(), verdict) })

const stateOf = (task: string): string => `last-${task}`

/**
 * What a task remembers of its last run; nothing where there is no such file. @throws when it is not as it should be
 */
export function readLastRun(host: Pick<Host, 'paths'>, task: string): LastRun {
  return readState(host, stateOf(task), lastRun) ?? NO_RUN
}

/** Remembers a run. @throws when it cannot be written */
export function writeLastRun(host: Pick<Host, 'paths'>, task: string, run: LastRun): void {
  writeState(host, stateOf(task), run)
}
