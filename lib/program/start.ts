import type { Needs, Request } from '../steps/facts.ts'
import { otherLine } from './again.ts'
import type { CommonOptions } from './command-line.ts'

/** What every recipe may need at its start. */
export type Start = Needs<'host' | 'secrets' | 'request'>

/** What the person asked for, for the steps. @param words of the command line, after the task's name */
export function requestOf({ dryRun, sites }: CommonOptions, words: readonly string[]): Request {
  return { dryRun, only: sites, command: (task, ...options) => otherLine(words, task, options) }
}
