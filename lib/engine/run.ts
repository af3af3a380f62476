import type { RunEvent } from '../core/event.ts'
import { messageOf } from '../core/message.ts'
import type { CommandRecord, Note, Outcome, Status } from '../core/outcome.ts'
import { HIDDEN, type Secret } from '../core/secret.ts'
import type { Telling } from '../core/telling.ts'
import { CommandFailed } from './process.ts'
import type { Facts } from './recipe.ts'
import { type Listener, type Shell, shellOf } from './shell.ts'
import type { Title } from './step.ts'
import { Stopped } from './stop.ts'

export interface RunOptions {
  /** Describe what steps would change, and do not do it (S36). Holds go up and down all the same: without a mount there is nothing to look at. */
  readonly dry: boolean
  readonly stop: AbortSignal
  readonly now: () => number
  readonly onEvent: (event: RunEvent) => void
  /** Secrets known from the start. */
  readonly secrets?: readonly Secret[]
}

/** One thing to be done: a step, or a half of a hold. */
export interface Work {
  readonly step: string
  readonly title: Title<Facts>
  readonly phase: Outcome['phase']
  readonly subject: string | undefined
  readonly run: (facts: Facts, shell: Shell) => Promise<object | void>
}

/** What became of it: its outcome, and the facts that it gave when it was done. */
export interface Worked {
  readonly outcome: Outcome
  readonly gives: object | undefined
}

/** Lines of a failed step's output that its outcome keeps. */
const KEPT_LINES = 20

/** Runs single pieces of work and keeps the list of their outcomes. Knows nothing of order: that is the tree's. */
export class Run {
  readonly outcomes: Outcome[] = []
  readonly #options: RunOptions
  readonly #hidden: Set<string>
  /** Never aborted: what goes down after a stop must be able to. */
  readonly #goingDown = new AbortController().signal

  constructor(options: RunOptions) {
    this.#options = options
    this.#hidden = new Set((options.secrets ?? []).map(secret => secret.reveal()).filter(text => text.length > 3))
  }

  get stopped(): boolean {
    return this.#options.stop.aborted
  }

  /** Does one piece of work and records its outcome. Never throws. */
  async do(work: Work, facts: Facts, onLine: (line: string) => void = () => {}): Promise<Worked> {
    const { now } = this.#options
    const startedAt = now()
    const notes: Note[] = []
    const commands: CommandRecord[] = []
    const output: string[] = []
    const told: Telling[] = []
    const title = titleOf(work, facts)
    const emit = this.#emitter(work.subject)
    const listener: Listener = {
      command: record => {
        const clean = { ...record, line: this.#clean(record.line) }
        commands.push(clean)
        emit({ kind: 'command', command: clean })
      },
      line: text => {
        const clean = this.#clean(text)
        if (clean.trim() === '') return
        output.push(clean)
        if (output.length > KEPT_LINES) output.shift()
        onLine(clean)
        emit({ kind: 'line', text: clean })
      },
      note: (kind, text) => {
        const note = { kind, text: this.#clean(text) }
        notes.push(note)
        onLine(note.text)
        emit({ kind: 'note', note })
      },
      tell: telling => told.push(this.#cleanTelling(telling)),
      progress: text => {
        onLine(this.#clean(text))
        emit({ kind: 'progress', text: this.#clean(text) })
      },
      hide: secret => {
        if (secret.reveal().length > 3) this.#hidden.add(secret.reveal())
      },
    }
    emit({ kind: 'begin', title, phase: work.phase })
    const stop = work.phase === 'down' ? this.#goingDown : this.#options.stop
    const finish = (status: Status, error?: unknown): Outcome => {
      const reason = error === undefined ? undefined : this.#clean(messageOf(error))
      const exitCode = (error as { asExitCode?: number } | undefined)?.asExitCode
      const seconds = (now() - startedAt) / 1000
      const kept = status === 'failed' && error instanceof CommandFailed ? output : []
      return this.record({
        ...identity(work, title),
        status,
        reason,
        exitCode,
        startedAt,
        seconds,
        notes,
        commands,
        output: kept,
        ...(told.length > 0 ? { told } : {}),
      })
    }
    try {
      const gives = await work.run(facts, shellOf({ listener, stop, now, dry: this.#options.dry && work.phase === 'do' }))
      return { outcome: finish('done'), gives: gives ?? undefined }
    } catch (error) {
      const cutShort = error instanceof Stopped || (stop.aborted && work.phase !== 'down')
      return { outcome: finish(cutShort ? 'stopped' : 'failed', error), gives: undefined }
    }
  }

  /** Records work that was not begun, and why. */
  skip(work: Work, facts: Facts, status: 'skipped' | 'stopped', reason: string): Outcome {
    return this.#recordUnrun(work, facts, status, reason)
  }

  /** Records a failure of the recipe itself, such as a list that could not be made. */
  fail(work: Work, facts: Facts, error: unknown): Outcome {
    return this.#recordUnrun(work, facts, 'failed', messageOf(error))
  }

  #recordUnrun(work: Work, facts: Facts, status: Status, reason: string): Outcome {
    const title = titleOf(work, facts)
    const nothing = { exitCode: undefined, startedAt: this.#options.now(), seconds: 0, notes: [], commands: [], output: [] }
    return this.record({ ...identity(work, title), status, reason, ...nothing })
  }

  record(outcome: Outcome): Outcome {
    this.outcomes.push(outcome)
    this.#emitter(outcome.subject)({ kind: 'end', outcome })
    return outcome
  }

  #emitter(subject: string | undefined) {
    type Told = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, 'at' | 'subject'> : never) : never
    return (event: Told): void => this.#options.onEvent({ at: this.#options.now(), subject, ...event } as RunEvent)
  }

  #cleanTelling(telling: Telling): Telling {
    const next = telling.next === undefined ? {} : { next: this.#clean(telling.next) }
    return { ...telling, ...next }
  }

  #clean(text: string): string {
    let clean = text
    // the longest first: one secret may be the beginning of another
    for (const secret of [...this.#hidden].sort((a, b) => b.length - a.length)) clean = clean.replaceAll(secret, HIDDEN)
    return clean
  }
}

const identity = (work: Work, title: string) => ({ step: work.step, title, phase: work.phase, subject: work.subject })

/** The title of work; one that cannot be made, for want of facts that an earlier failure left out, is replaced by the step's name. */
export function titleOf({ title, step }: Pick<Work, 'title' | 'step'>, facts: Facts): string {
  try {
    return typeof title === 'string' ? title : title(facts)
  } catch {
    return step
  }
}
