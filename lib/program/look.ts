import { BadInput } from '../core/bad-input.ts'
import type { Finding } from '../core/finding.ts'
import { messageOf } from '../core/message.ts'
import { EXIT, type Outcome } from '../core/outcome.ts'
import { printable } from '../core/printable.ts'
import { exitCodeOf, workFindings } from '../core/run-verdict.ts'
import type { Part } from '../engine/recipe.ts'
import { Run } from '../engine/run.ts'
import { listenForStop } from '../engine/stop.ts'
import { runTree } from '../engine/tree.ts'
import { loadHost } from '../inventory/load.ts'
import { checkSecrets, readSecrets, secretNamesOf } from '../inventory/secrets.ts'
import { type HostStatus, statusOf } from '../report/status.ts'
import type { StatusJson } from '../report/status-json.ts'
import type { Look } from '../steps/look.ts'
import { lastRunFindings } from '../steps/site-telling.ts'
import { readHistory } from '../steps/size-history.ts'
import { helpOf, readCommandLine, type TaskWith, wordsAfterScript } from './command-line.ts'
import { endProcess } from './end-process.ts'
import { requestOf, type Start } from './start.ts'

/** Bytes in a MB as duplicity's `--volsize` counts. */
const MEBIBYTE = 2 ** 20

export type { TaskWith } from './command-line.ts'

/** What a task that only looks makes of what was found: the text to print, and its exit code. */
export interface Shown {
  readonly text: string
  readonly exitCode: number
}

export type Show<Extra> = (
  found: HostStatus,
  status: StatusJson,
  asked: Extra & { readonly json: boolean },
) => Shown | Promise<Shown>

/**
 * Runs a recipe that only looks, as a program: no lock, no log, no mail, nothing written. What it finds goes to `show`. Ends the process.
 */
export async function look<Extra extends object>(
  task: TaskWith<Extra & { readonly mounted: boolean }>,
  recipe: Part<Start & Look>,
  show: Show<Extra>,
): Promise<never> {
  const shown = await attempt(task, recipe, show)
  return await endProcess(shown.exitCode, shown.text, shown.exitCode === EXIT.badInput ? process.stderr : process.stdout)
}

async function attempt<Extra extends object>(
  task: TaskWith<Extra & { readonly mounted: boolean }>,
  recipe: Part<Start & Look>,
  show: Show<Extra>,
): Promise<Shown> {
  try {
    return await lookAround(task, recipe, show)
  } catch (error) {
    if (error instanceof BadInput) return { text: `${messageOf(error)}\n`, exitCode: EXIT.badInput }
    return { text: `${(error as Error).stack}\n`, exitCode: EXIT.failed }
  }
}

async function lookAround<Extra extends object>(
  task: TaskWith<Extra & { readonly mounted: boolean }>,
  recipe: Part<Start & Look>,
  show: Show<Extra>,
): Promise<Shown> {
  const words = wordsAfterScript(process.argv)
  const { common, extra } = readCommandLine(task, words)
  if (common.help) return { text: `${helpOf(task)}\n`, exitCode: EXIT.well }
  const host = await loadHost(common.inventory, common.host)
  const secrets = readSecrets(common.env)
  checkSecrets(host, secrets, common.env)
  const found: Look = { look: { mounted: extra.mounted, sites: [], freeSpace: undefined } }
  const hidden = [...secretNamesOf(host).keys()].map(name => secrets.get(name)).filter(secret => secret !== undefined)
  const stop = listenForStop()
  const now = Date.now()
  const run = new Run({
    dry: false,
    stop: stop.signal,
    now: Date.now,
    onEvent: () => {},
    secrets: hidden,
    deadlines: host.deadlines,
  })
  const facts = { host, secrets, request: { ...requestOf(common, words), dryRun: false }, ...found }
  await runTree(recipe, facts, run, 'none')
  stop.release()
  if (stop.by() !== undefined) return { text: `stopped by ${stop.by()}\n`, exitCode: exitCodeOf(run.outcomes, stop.by()) }
  const failed = run.outcomes.filter(outcome => outcome.status === 'failed')
  const wrongWords = failed.find(outcome => outcome.reason?.startsWith('--site:'))
  if (wrongWords) throw new BadInput(wrongWords.reason!)
  const findings = {
    host: host.name,
    now,
    freeSpace: found.look.freeSpace,
    sites: found.look.sites,
    work: findingsOf(run.outcomes),
    lastRun: common.sites.length > 0 ? [] : lastRunFindings(host),
    histories: (site: string) => readHistory(host, site),
    keepIncrementals: host.keepIncrementals,
    volumeBytes: host.duplicity.volumeSize * MEBIBYTE,
  }
  const shown = await show(findings, statusOf(findings), { ...extra, json: common.json })
  return { ...shown, text: `${clean(shown.text)}\n` }
}

/** What a look could not do, with the sites that it could not look at by name, and what it found wrong with the archive. */
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
