import { BadInput } from '../core/bad-input.ts'
import type { Finding } from '../core/finding.ts'
import { EXIT, type Outcome } from '../core/outcome.ts'
import { exitCodeOf, workFindings } from '../core/verdict.ts'
import { printable } from '../core/wording.ts'
import { readHistory } from '../host/records.ts'
import { type HostStatus, type StatusJson, statusOf } from '../report/status.ts'
import { type Look, lastRunFindings } from '../site/report.ts'
import type { Ending, Last } from './ending.ts'

/** Bytes in a MB as duplicity's `--volsize` counts. */
const MEBIBYTE = 2 ** 20

/** What a task that only looks makes of what was found. */
export type Show<Options> = (
  found: HostStatus,
  status: StatusJson,
  asked: Options & { readonly json: boolean },
) => Last | Promise<Last>

/** The ending of a run that only looks: no log, no mail, nothing written. What was found is shown. */
export const look = <Options extends object>(show: Show<Options>): Ending<Look & Options> => ({
  begin: ({ common, facts, startedAt }) => ({
    live: false,
    onEvent: () => {},
    end: async ({ outcomes }, stop) => {
      if (stop.by() !== undefined) return { text: `stopped by ${stop.by()}\n`, exitCode: exitCodeOf(outcomes, stop.by()) }
      const wrong = outcomes.find(({ status, exitCode }) => status === 'failed' && exitCode === EXIT.badInput)
      if (wrong) throw new BadInput(wrong.reason)
      const { host, look: seen } = facts
      const found = {
        host: host.name,
        now: startedAt,
        freeSpace: seen.freeSpace,
        sites: seen.sites,
        work: findingsOf(outcomes),
        lastRun: common.sites.length > 0 ? [] : lastRunFindings(host),
        histories: (site: string) => readHistory(host, site),
        keepIncrementals: host.keepIncrementals,
        keepDays: host.keepDays,
        volumeBytes: host.duplicity.volumeSize * MEBIBYTE,
      }
      const { text, exitCode } = await show(found, statusOf(found), { ...facts, json: common.json })
      return { text: `${clean(text)}\n`, exitCode }
    },
  }),
})

/**
 * What a look could not do, with the sites that it could not look at by name, and what it found wrong with the archive.
 */
function findingsOf(outcomes: readonly Outcome[]): Finding[] {
  const subjects = [...new Set(outcomes.map(({ subject }) => subject))]
  return subjects.flatMap(subject =>
    workFindings(outcomes, subject).map(({ level, text }) => ({
      level,
      text: subject === undefined ? text : `${subject}: ${text}`,
    })),
  )
}

/** Names in an archive are whatever somebody put there. */
const clean = (text: string): string => printable(text).replaceAll('\t', '?')
