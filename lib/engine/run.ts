import { Declined } from '../core/bad-input.ts'
import type { CommandRecord, Note, Outcome, RunEvent, Status, Transferred } from '../core/outcome.ts'
import { type Secret, withoutSecrets } from '../core/secret.ts'
import type { SiteReport } from '../core/site-report.ts'
import { messageOf, printable, printableIn } from '../core/wording.ts'
import { delayed, NoTimeLeft, patiently, shareAfter } from './patience.ts'
import { CommandFailed, GRACE } from './process.ts'
import type { Facts } from './recipe.ts'
import { type CommandDeadlines, type Listener, type Shell, shellOf } from './shell.ts'
import type { Title } from './step.ts'
import { Stopped } from './stop.ts'

export interface RunOptions {
  /** Describe changes and do not make them (S36). Holds go up and down all the same: a mount is needed to look. */
  readonly dry: boolean
  readonly stop: AbortSignal
  readonly now: () => number
  readonly onEvent: (event: RunEvent) => void
  /** Secrets known from the start. */
  readonly secrets?: readonly Secret[]
  /** Seconds after which commands are ended that have no deadline of their own. */
  readonly deadlines?: CommandDeadlines
  /** The commands of each step are told as they run, and no list of them is kept: they are most of a long night. */
  readonly forgetsCommands?: boolean
  /** It tells of a run that has ended: a stop, also of that run, does not end this, but makes it hurry. */
  readonly tells?: boolean
}

/** One thing to be done: a step, or a half of a hold. */
export interface Work {
  readonly step: string
  readonly title: Title<Facts>
  readonly phase: Outcome['phase']
  readonly subject: string | undefined
  readonly run: (facts: Facts, shell: Shell) => Promise<object | void>
  /** Aborted when what it is a part of has taken too long. */
  readonly deadline?: AbortSignal | undefined
  /** Of a release: seconds that it gets after a stop, when not a share of the few that are left. */
  readonly patience?: number | undefined
}

/** What became of it: its outcome, and the facts that it gave when it was done. */
export interface WorkResult {
  readonly outcome: Outcome
  readonly gives: object | undefined
}

/** Seconds for commands where nobody says how long they may take. */
const LONGEST: CommandDeadlines = { look: 60, idle: 600 }

/** Lines of a failed step's output that its outcome keeps. */
const KEPT_LINES = 20

/** Runs single pieces of work and keeps the list of their outcomes. Knows nothing of order: that is the tree's. */
export class Run {
  readonly outcomes: Outcome[] = []
  readonly #options: RunOptions
  readonly #hidden: Set<string>
  readonly #eithers = new WeakMap<AbortSignal, AbortSignal>()
  constructor(options: RunOptions) {
    this.#options = options
    this.#hidden = new Set((options.secrets ?? []).map(secret => secret.reveal()))
  }

  get stopped(): boolean {
    return this.#options.stop.aborted
  }

  /**
   * Does one piece of work and records its outcome. Never throws, and ends soon after a stop, whatever it waits for.
   */
  async do(work: Work, facts: Facts, onLine: (line: string) => void = () => {}): Promise<WorkResult> {
    const { now } = this.#options
    const startedAt = now()
    const notes: Note[] = []
    const commands: CommandRecord[] = []
    const output: string[] = []
    const reports: SiteReport[] = []
    let sum: Transferred | undefined
    const title = this.#clean(titleOf(work, facts))
    const emit = this.#emitter(work.subject)
    const listener: Listener = {
      command: record => {
        const clean = { ...record, line: this.#clean(record.line) }
        if (!this.#options.forgetsCommands) commands.push(clean)
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
      note: (kind, text, about) => {
        const note = { kind, text: this.#clean(text), ...(about && { about }) }
        notes.push(note)
        onLine(note.text)
        emit({ kind: 'note', note })
      },
      report: report => reports.push(printableIn(report, text => this.#clean(text))),
      transferred: ({ read = 0, written = 0 }) => {
        sum = { read: (sum?.read ?? 0) + read, written: (sum?.written ?? 0) + written }
      },
      progress: text => {
        onLine(this.#clean(text))
        emit({ kind: 'progress', text: this.#clean(text) })
      },
      hide: secret => {
        this.#hidden.add(secret.reveal())
      },
    }
    let isOver = false
    // what was left behind may still have something to say
    const heard = whileNot(() => isOver, listener)
    emit({ kind: 'begin', title, phase: work.phase })
    const finish = (status: Status, error?: unknown): Outcome => {
      isOver = true
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
        ...(reports.length > 0 ? { reports } : {}),
        ...(sum && { transferred: sum }),
      })
    }
    using end = this.#endOf(work)
    const { signal, grace } = end
    const dry = this.#options.dry && work.phase === 'do'
    const shell = shellOf({ listener: heard, stop: signal, now, dry, deadlines: this.#options.deadlines ?? LONGEST }, { grace })
    try {
      const gives = await patiently(work.run(facts, shell), signal, grace)
      return { outcome: finish('done'), gives: gives ?? undefined }
    } catch (error) {
      const cutShort = error instanceof Stopped || error instanceof NoTimeLeft || (this.stopped && !this.#options.tells)
      const failed = error instanceof Declined ? 'skipped' : 'failed'
      return { outcome: finish(cutShort && work.phase !== 'down' ? 'stopped' : failed, error), gives: undefined }
    }
  }

  /**
   * What ends work early, and the seconds in which its commands may then end well. A stop ends a step; a release or a
   * report goes on, but has to hurry, and its commands get no grace.
   */
  #endOf({ phase, deadline, patience }: Work): Disposable & { readonly signal: AbortSignal; readonly grace: () => number } {
    const { stop, tells } = this.#options
    if (phase === 'down' || tells) {
      const hurry = delayed(stop, () => patience ?? shareAfter(stop, tells ? 'report' : 'release'))
      return { ...hurry, grace: () => (stop.aborted ? 0 : GRACE) }
    }
    return { signal: deadline === undefined ? stop : this.#stopOr(deadline), grace: () => GRACE, [Symbol.dispose]: () => {} }
  }

  /** One for all that has this deadline: the stop remembers each for as long as the run lasts. */
  #stopOr(deadline: AbortSignal): AbortSignal {
    const signal = this.#eithers.get(deadline) ?? AbortSignal.any([this.#options.stop, deadline])
    this.#eithers.set(deadline, signal)
    return signal
  }

  /** Records a failure of the recipe itself, such as a list that could not be made. */
  fail(work: Work, facts: Facts, error: unknown): Outcome {
    return this.skip(work, facts, 'failed', messageOf(error))
  }

  /** Records work that was not begun, and why. */
  skip(work: Work, facts: Facts, status: Status, reason: string): Outcome {
    const title = this.#clean(titleOf(work, facts))
    const nothing = { exitCode: undefined, startedAt: this.#options.now(), seconds: 0, notes: [], commands: [], output: [] }
    return this.record({ ...identity(work, title), status, reason, ...nothing })
  }

  /** Tells that all is done for a subject. */
  over(subject: string): void {
    this.#emitter(subject)({ kind: 'over' })
  }

  /** Puts the outcomes from one on into the order of their subjects, who were worked on at the same time. */
  orderBySubject(subjects: readonly string[], from: number): void {
    const places = new Map(subjects.map((subject, place) => [subject, place]))
    const place = ({ subject }: Outcome): number => places.get(subject ?? '') ?? -1
    for (const outcome of this.outcomes.splice(from).toSorted((a, b) => place(a) - place(b))) this.outcomes.push(outcome)
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

  /** What is reported leaves here: from now on it can be shown anywhere. */
  #clean(text: string): string {
    return printable(withoutSecrets(text, this.#hidden))
  }
}

/** A listener that hears nothing once something holds. */
function whileNot(isOver: () => boolean, listener: Listener): Listener {
  const guarded = Object.entries(listener).map(([name, tell]: [string, (...said: never[]) => void]) => [
    name,
    (...said: never[]): void => (isOver() ? undefined : tell(...said)),
  ])
  return Object.fromEntries(guarded) as unknown as Listener
}

const identity = (work: Work, title: string) => ({ step: work.step, title, phase: work.phase, subject: work.subject })

/** The title of work; the step's name where facts for it are missing, after an earlier failure. */
export function titleOf({ title, step }: Pick<Work, 'title' | 'step'>, facts: Facts): string {
  try {
    return typeof title === 'string' ? title : title(facts)
  } catch {
    return step
  }
}
