import type { Deadline } from './patience.ts'
import type { Shell } from './shell.ts'

/** A text for people, made from the facts that the step will see. */
export type Title<Facts> = string | ((facts: Facts) => string)

/** One short action. `run` is a property and no method: the compiler checks its parameter strictly. */
export interface Step<Needs extends object, Gives extends object | void> {
  readonly name: string
  readonly title: Title<Needs>
  readonly run: (facts: Needs, shell: Shell) => Promise<Gives>
}

/**
 * A step with two halves, which gives at least one fact: by it a recipe knows that it is held. `down` runs whenever
 * `up` began, whatever happened, with the facts that `up` got, and gave if it ended.
 */
export interface Hold<Needs extends object, Gives extends object> {
  readonly name: string
  readonly title: Title<Needs>
  readonly up: (facts: Needs, shell: Shell) => Promise<Gives>
  readonly down: (facts: Needs & Partial<Gives>, shell: Shell) => Promise<void>
  /** Seconds in which `down` may go on after a stop; by default a share of the ten in which a stopped run ends. */
  readonly patience?: number
  /** It makes this run the only one of its host: until it holds, nobody is to notice that the run was begun. */
  readonly isLock?: true
}

/** A list of items to do something for, each a record of facts, with the name by which reports call it. */
export interface Many<Needs extends object, Item extends object> {
  readonly list: (facts: Needs) => readonly Item[]
  readonly nameOf: (item: Item) => string
  /** How many at once; 1 by default. */
  readonly atOnce?: (facts: Needs) => number
  /** Until when all steps of an item must be done; it then fails as by a stop of its own. Its holds go down. */
  readonly deadline?: (facts: Needs & Item) => Deadline
}

/** What a condition answers: the facts that hold when it applies, or the reason, for people, why it does not. */
export type Condition<Needs extends object, Extra extends object> = (facts: Needs) => Extra | string

/** What a step, a hold, a condition or a part of a recipe needs. */
export type NeedsOf<Work> = Work extends
  | { readonly run: (facts: infer Needs, shell: Shell) => unknown }
  | { readonly up: (facts: infer Needs, shell: Shell) => unknown }
  | { readonly start: (facts: infer Needs) => void }
  | ((facts: infer Needs) => unknown)
  ? Needs
  : never
