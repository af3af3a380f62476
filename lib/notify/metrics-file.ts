import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ROLES } from '../core/marker.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Shell } from '../engine/shell.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import { writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { type MetricsMemory, metricsText, remember } from '../report/metrics.ts'
import type { Report } from '../report/report.ts'

/**
 * Writes the metrics of a run where node_exporter finds them: whole or not at all, readable for all. A dry run writes
 * none.
 */
export async function writeMetrics(
  host: Host,
  report: Report,
  outcomes: readonly Outcome[],
  partial: boolean,
  shell: Shell,
): Promise<void> {
  const folder = host.metrics!.folder
  const file = join(folder, `holdfast-${report.task}.prom`)
  await shell.act(`write ${file}`, () => {
    const memory = remember(readMemory(host, report.task, shell), report, partial)
    rememberOrTell(shell, "the next run's metrics will not know of this one", () =>
      writeState(host, stateName(report.task), memory),
    )
    if (!existsSync(folder)) mkdirSync(folder)
    // the collector reads files that end in .prom: what is written beside it does not
    writeWhole(file, metricsText(memory, report, outcomes), 0o644)
  })
}

const known = z.number().exactOptional()
const memories: z.ZodType<MetricsMemory> = z.object({
  lastSuccess: known,
  sites: z.record(
    z.string(),
    z.object({
      site: z.string(),
      verdict: z.enum(['well', 'needs attention', 'failed']).exactOptional(),
      role: z.enum([...ROLES, 'desktop']).exactOptional(),
      newestBackup: known,
      bytes: known,
      allowanceBytes: known,
      restorePoints: known,
      chains: known,
      lag: known,
      prunedBytes: known,
      drilledAt: known,
    }),
  ),
})

const stateName = (task: string): string => `metrics-${task}`

function readMemory(host: Host, task: string, shell: Shell): MetricsMemory {
  try {
    return readState(host, stateName(task), memories) ?? { sites: {} }
  } catch (error) {
    shell.note('warning', `the metrics start again: ${(error as Error).message}`)
    return { sites: {} }
  }
}
