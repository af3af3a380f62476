import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Mariadb, startMariadb } from '../../lib/sandbox/mariadb.ts'
import { eachQuestion } from './database-questions.ts'
import { until } from './processes.ts'
import { fakeProgram } from './programs.ts'

/** What is asked of a server when it dies. A dump that is imported is one question. */
export interface Death {
  /** An extended regular expression of the question, in one line; {@link IMPORT} for a dump that is imported. */
  readonly of: string
  /** The first such question being 1. */
  readonly number: number
  /** `half`: a part of the dump was read. `during`: so many seconds after the question was sent. */
  readonly when: 'before' | 'after' | 'half' | { readonly during: number }
}

/** Stands for the question that a dump is. */
export const IMPORT = 'a whole dump'

/** A database server that dies (SIGKILL) at a question of a run that has the folder `programs` in front of its PATH. */
export class DyingServer {
  readonly #folder: string
  readonly programs: string
  readonly #rule: string
  readonly #asked: string
  #server: Mariadb | undefined

  constructor(folder: string) {
    this.#folder = folder
    this.programs = join(folder, 'programs')
    this.#rule = join(this.programs, '.rule')
    this.#asked = join(this.programs, '.asked')
    const died = join(this.programs, '.died')
    const die = `die() { mkdir '${died}' 2>/dev/null || return; pid=$(cat '${join(folder, 'mariadbd.pid')}'); kill -KILL $pid; while kill -0 $pid; do sleep .01; done; } 2>/dev/null`
    const count = `count() {
      flat=\${asked//$'\\n'/ } here=; . '${this.#rule}'
      (flock 9; echo "$flat" >&9) 9>> '${this.#asked}'
      [[ $flat =~ $of && $number == $(grep -cE -- "$of" '${this.#asked}') ]] && here=1
    }`
    const before = `count; [ -z "$here" ] || case $when in before) die;; during) { sleep $seconds; die; } & ;; esac`
    const after = `[ -z "$here" ] || case $when in after) die;; during) wait $!;; esac`
    const half = 'dd bs=2000 count=1 status=none; [ "$here $when" != "1 half" ] || { sleep .1; die; }; cat'
    const importing = `asked='${IMPORT}'; ${before}; { ${half}; } | bwrap "$@"; code=$?; ${after}; exit $code`
    fakeProgram(
      this.programs,
      'bwrap',
      `PATH=$REAL; [ -e '${this.#rule}' ] || exec bwrap "$@"; ${die}\n${count}
      case "$*" in *--unbuffered*) ${eachQuestion(before, after)};; *--comments*) ${importing};; *) exec bwrap "$@";; esac`,
    )
  }

  get server(): Mariadb {
    return this.#server!
  }

  async start(): Promise<void> {
    this.#server = await startMariadb(this.#folder)
  }

  /** It will die at a question of the next run; without one the questions are only listed. */
  dieAt(death?: Death): void {
    this.live()
    const { of, number, when } = death ?? { of: 'none', number: 0, when: 'before' }
    const during = typeof when === 'object' ? `during seconds=${when.during}` : when
    writeFileSync(this.#rule, `of='${of}' number=${number} when=${during}\n`)
  }

  /** No more dying. */
  live(): void {
    for (const name of ['.rule', '.asked', '.died']) rmSync(join(this.programs, name), { force: true, recursive: true })
  }

  /** The questions of the run, in their order. */
  asked(): string[] {
    return existsSync(this.#asked) ? readFileSync(this.#asked, 'utf8').split('\n').slice(0, -1) : []
  }

  hasDied(): boolean {
    return existsSync(join(this.programs, '.died'))
  }

  /** Waits until it dies, and starts it again; not if the run has ended before. */
  async comeBackUnless(ended: Promise<unknown>): Promise<void> {
    let isOver = false
    void ended.then(() => {
      isOver = true
    })
    await until(() => isOver || this.hasDied(), 120_000)
    if (!isOver) await this.comeBack()
  }

  /** It comes back with all that it had written. */
  async comeBack(): Promise<void> {
    await this.server.kill()
    await this.start()
  }
}
