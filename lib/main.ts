import { BadInput } from './core/bad-input.ts'
import { messageOf } from './core/message.ts'
import { EXIT } from './core/outcome.ts'
import type { Part } from './engine/recipe.ts'
import { loadHost } from './inventory/load.ts'
import { checkSecrets, readSecrets } from './inventory/secrets.ts'
import { againLine } from './program/again.ts'
import { tellOfBadStart } from './program/bad-start.ts'
import {
  type CommonOptions,
  helpOf,
  readCommandLine,
  type Task,
  type TaskWith,
  wordsAfterScript,
} from './program/command-line.ts'
import { endProcess } from './program/end-process.ts'
import { openLog } from './program/log-file.ts'
import { performRun } from './program/perform.ts'
import { requestOf, type Start } from './program/start.ts'

export type { Start } from './program/start.ts'

/** What the recipe of a task may need at its start: what all may, and what its own options say. */
export type StartOf<Its extends Task> = Start & (Its extends TaskWith<infer Extra> ? Extra : unknown)

/**
 * Runs a recipe as a program: command line, inventory, recipe, outcomes, report, exit code. Ends the process.
 */
export async function main<Extra extends object>(task: TaskWith<Extra>, recipe: Part<Start & Extra>): Promise<never>
export async function main(task: Task, recipe: Part<Start>): Promise<never>
export async function main<Extra extends object>(task: Task | TaskWith<Extra>, recipe: Part<Start & Extra>): Promise<never> {
  let code: number | undefined
  // nothing left to wait for while work is not done would end the process as if all were well
  process.on('exit', () => {
    if (code !== undefined) return
    process.stderr.write('the program ended before its work did: this is a fault of Holdfast, and the run has failed\n')
    process.exitCode = EXIT.failed
  })
  try {
    code = await runTask(task, recipe)
  } catch (error) {
    const expected = error instanceof BadInput
    process.stderr.write(`${expected ? messageOf(error) : (error as Error).stack}\n`)
    code = expected ? EXIT.badInput : EXIT.failed
  }
  return await endProcess(code)
}

async function runTask<Extra extends object>(task: Task | TaskWith<Extra>, recipe: Part<Start & Extra>): Promise<number> {
  const words = wordsAfterScript(process.argv)
  const { common, extra } = readCommandLine(task, words)
  if (common.help) return await printHelp(task)
  const facts = await factsOf(common, extra, words).catch(error => tellFirst(error, task, common, words))
  using log = openLog(facts.host.paths.logs, task.name, Date.now(), facts.host.logDays)
  return await performRun({ task, recipe, facts, common, words, log })
}

/** A mistake that ends a run before it begins is told where nobody watches; whoever typed the command reads it. @throws the mistake itself */
async function tellFirst(error: unknown, task: Task, common: CommonOptions, words: string[]): Promise<never> {
  if (error instanceof BadInput && !common.dryRun && !process.stderr.isTTY) {
    const untold = await tellOfBadStart(task.name, common, error, againLine(task.name, words, undefined))
    throw new BadInput([messageOf(error), ...untold].join('\n'))
  }
  throw error
}

async function printHelp(task: Task): Promise<number> {
  await new Promise(resolve => process.stdout.write(`${helpOf(task)}\n`, resolve))
  return EXIT.well
}

async function factsOf<Extra extends object>(
  common: CommonOptions,
  extra: Extra,
  words: readonly string[],
): Promise<Start & Extra> {
  const host = await loadHost(common.inventory, common.host)
  const secrets = readSecrets(common.env)
  checkSecrets(host, secrets, common.env)
  return { host, secrets, request: requestOf(common, words), ...extra }
}
