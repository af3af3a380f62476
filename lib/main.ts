import type { Writable } from 'node:stream'
import { BadInput } from './core/bad-input.ts'
import { EXIT } from './core/outcome.ts'
import { taskCommand } from './core/task-command.ts'
import { messageOf } from './core/wording.ts'
import type { Ended, Part, Runnable } from './engine/recipe.ts'
import { Run } from './engine/run.ts'
import { endSessions } from './engine/session.ts'
import { listenForStop } from './engine/stop.ts'
import { runTree } from './engine/tree.ts'
import { loadHost } from './inventory/load.ts'
import { checkSecrets, readSecrets, secretNamesOf } from './inventory/secrets.ts'
import { withBeforeHook } from './notify/hooks.ts'
import { commandPlaceIn, readCommandLine, type Task, type TaskWith, wordsAfterScript } from './program/command-line.ts'
import type { Asked, Begun, Ending, Last, Start } from './program/ending.ts'
import { helpOf } from './program/task-help.ts'
import { beginShareProcess } from './store/share-process.ts'

export type { Start } from './program/ending.ts'

/** What the recipe of a task may need at its start: what all may, and what its own options say. */
export type StartOf<Its extends Task> = Start & (Its extends TaskWith<infer Extra> ? Extra : unknown)

/** Runs a recipe as a program and ends the process. By default it is logged and reported. */
export async function main<Extra extends object, Given extends object>(
  task: TaskWith<Extra>,
  recipe: Part<Start & Extra, Given> & Ended<Given>,
  ending?: Ending<Extra>,
): Promise<never>

export async function main<Given extends object>(task: Task, recipe: Part<Start, Given> & Ended<Given>): Promise<never>
export async function main<Extra extends object>(
  task: Task | TaskWith<Extra>,
  recipe: Runnable<Start & Extra>,
  ending?: Ending<Extra>,
): Promise<never> {
  let isOver = false
  // nothing left to wait for while work is not done would end the process as if all were well
  process.on('exit', () => {
    if (isOver) return
    process.stderr.write('the program ended before its work did: this is a fault of Holdfast, and the run has failed\n')
    process.exitCode = EXIT.failed
  })
  const { text, exitCode, output } = await runTask(task, recipe, ending).then(
    last => ({ ...last, output: process.stdout }),
    async error => ({ ...(await lastOf(error)), output: process.stderr }),
  )
  await endSessions()
  isOver = true
  return await endProcess(exitCode, text, output)
}

async function lastOf(error: unknown): Promise<Last> {
  if (error instanceof BadInput) return { text: `${messageOf(error)}\n`, exitCode: EXIT.badInput }
  const { stackOf } = await import('./program/stack.ts')
  return { text: `${stackOf(error as Error)}\n`, exitCode: EXIT.failed }
}

async function runTask<Extra extends object>(
  task: Task | TaskWith<Extra>,
  recipe: Runnable<Start & Extra>,
  other: Ending<Extra> | undefined,
): Promise<Last> {
  const words = wordsAfterScript(process.argv)
  const { common, extra } = readCommandLine(task, words)
  if (common.help) return { text: `${helpOf(task)}\n`, exitCode: EXIT.well }
  const ending = other ?? (await import('./program/reported.ts')).reported // a look has no use for it
  const asked = { task, common, words }
  const begun = await beginRun(asked, extra).catch(error => refuse(asked, error, ending))
  const { facts, hidden } = begun
  if (facts.host.archive.kind !== 'url') beginShareProcess()
  const follower = ending.begin(begun)
  const stop = listenForStop()
  const { live, onEvent } = follower
  const { deadlines } = facts.host
  const run = new Run({
    ...{ dry: common.dryRun, stop: stop.signal, now: Date.now, onEvent, secrets: hidden, deadlines },
    forgetsCommands: !common.json,
  })
  try {
    await runTree(withBeforeHook(recipe, facts.host, task.name), facts, run, live)
  } catch (error) {
    const title = 'The program itself'
    run.fail({ step: 'program', title, phase: 'do', subject: undefined, run: async () => {} }, {}, error)
  }
  stop.release()
  return await follower.end(run, stop)
}

async function beginRun<Extra extends object>(asked: Asked, extra: Extra): Promise<Begun<Extra>> {
  const { common, words } = asked
  const host = await loadHost(common.inventory, common.host)
  const secrets = readSecrets(common.env)
  checkSecrets(host, secrets, common.env)
  const hidden = [...secretNamesOf(host).keys()].map(name => secrets.get(name)).filter(secret => secret !== undefined)
  const commandPlace = commandPlaceIn(words)
  const command = (task: string, ...options: readonly string[]): string => taskCommand(commandPlace, task, ...options)
  const request = { dryRun: common.dryRun, only: common.sites, commandPlace, command }
  return { ...asked, facts: { host, secrets, request, ...extra }, hidden, startedAt: Date.now() }
}

/** A mistake that ends a run before it begins is reported where nobody watches. @throws the mistake itself */
async function refuse<Extra extends object>(asked: Asked, error: unknown, ending: Ending<Extra>): Promise<never> {
  if (!(error instanceof BadInput) || !ending.refuse || asked.common.dryRun || process.stderr.isTTY) throw error
  throw new BadInput([messageOf(error), ...(await ending.refuse(asked, error))].join('\n'))
}

/**
 * Ends the process, once what was written last has gone out, whatever was left behind: a program on a dead mount, or a
 * thread of this process that waits for one, for a FIFO or for a name server. Node would wait for such a thread; the
 * kernel, when another program takes the process over, does not.
 */
async function endProcess(code: number, last: string, output: Writable): Promise<never> {
  await new Promise(resolve => output.write(last, resolve))
  const isLeft = process.getActiveResourcesInfo().some(kind => /^(FSReq|GetAddrInfo|GetNameInfo)/.test(kind))
  if (isLeft) process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`], {})
  process.exit(code)
}
