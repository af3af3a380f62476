import type { BadInput } from '../core/bad-input.ts'
import type { RunEvent } from '../core/outcome.ts'
import type { Secret } from '../core/secret.ts'
import type { Run } from '../engine/run.ts'
import type { Stop } from '../engine/stop.ts'
import type { Needs } from '../store/facts.ts'
import type { CommonOptions, Task } from './command-line.ts'

/** What every recipe may need at its start. */
export type Start = Needs<'host' | 'secrets' | 'request'>

/** What was asked for, before anything is known of the host. */
export interface Asked {
  readonly task: Task
  readonly common: CommonOptions
  /** The words of the command line after the task's name. */
  readonly words: readonly string[]
}

/** A run that begins. */
export interface Begun<Extra extends object> extends Asked {
  readonly facts: Start & Extra
  /** Never to be written anywhere. */
  readonly hidden: readonly Secret[]
  readonly startedAt: number
}

/** What a program prints last, and its exit code. */
export interface Last {
  readonly text: string
  readonly exitCode: number
}

/** What follows a run as it goes, and ends it. */
interface Follower {
  /** A terminal with a person in front of it: the tree draws itself. */
  readonly live: boolean
  readonly onEvent: (event: RunEvent) => void
  /** Called once all is done and released. */
  readonly end: (run: Run, stop: Stop) => Promise<Last>
}

/** What a task shows and reports of its run: besides options and recipes, tasks differ in nothing else. */
export interface Ending<Extra extends object> {
  /** Reports a mistake that ended a run before it began. Gives what could not be sent, one sentence each. */
  readonly refuse?: (asked: Asked, error: BadInput) => Promise<readonly string[]>
  readonly begin: (begun: Begun<Extra>) => Follower
}
