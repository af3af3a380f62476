import type { BadInput } from '../core/bad-input.ts'
import type { RunEvent } from '../core/outcome.ts'
import type { Secret } from '../core/secret.ts'
import type { Run } from '../engine/run.ts'
import type { Stop } from '../engine/stop.ts'
import type { CommonOptions, Task } from './command-line.ts'
import type { Start } from './start.ts'

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

/** Who hears of a run as it goes, and ends it. */
interface Audience {
  /** A terminal with a person in front of it: the tree draws itself. */
  readonly live: boolean
  readonly onEvent: (event: RunEvent) => void
  /** Told once all is done and released. */
  readonly end: (run: Run, stop: Stop) => Promise<Last>
}

/**
 * What a task shows and tells of its run, and how it ends: besides their options and recipes, tasks differ in nothing
 * else.
 */
export interface Ending<Extra extends object> {
  /** Who is told of a mistake that ended a run before it began. Gives what could not be told, one sentence each. */
  readonly refuse?: (asked: Asked, error: BadInput) => Promise<readonly string[]>
  readonly begin: (begun: Begun<Extra>) => Audience
}
