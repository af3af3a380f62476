import { taskCommand } from '../core/task-command.ts'
import type { Request } from '../host/site.ts'
import type { Needs } from '../store/facts.ts'
import { commandPlaceIn } from './again.ts'
import type { CommonOptions } from './command-line.ts'

/** What every recipe may need at its start. */
export type Start = Needs<'host' | 'secrets' | 'request'>

/** What the person asked for, for the steps. @param words of the command line, after the task's name */
export function requestOf({ dryRun, sites }: CommonOptions, words: readonly string[]): Request {
  const commandPlace = commandPlaceIn(words)
  return { dryRun, only: sites, commandPlace, command: (task, ...options) => taskCommand(commandPlace, task, ...options) }
}
