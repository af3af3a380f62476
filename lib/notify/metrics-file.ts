import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from '../core/outcome.ts'
import { messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { readState, rememberOrTell, writeState } from '../host/state.ts'
import { writeWhole } from '../host/whole-file.ts'
import type { Reporting } from '../inventory/schema.ts'
import { type MetricsMemory, metricsMemory, metricsText, remember } from '../report/metrics.ts'
import type { Report } from '../report/report.ts'

/** Writes the metrics of a run where node_exporter finds them, readable for all. A dry run writes none. */
export async function writeMetrics(
  host: Reporting,
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

const stateName = (task: string): string => `metrics-${task}`

function readMemory(host: Reporting, task: string, shell: Shell): MetricsMemory {
  try {
    return readState(host, stateName(task), metricsMemory) ?? { sites: {} }
  } catch (error) {
    shell.note('warning', `the metrics begin anew: ${messageOf(error)}`)
    return { sites: {} }
  }
}
