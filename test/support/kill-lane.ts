import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { serve, type WebServer } from '../../lib/sandbox/web.ts'
import { eachQuestion } from './database-questions.ts'
import { processesWith, until } from './processes.ts'
import { fakeProgram, pathWith } from './programs.ts'
import { createProofSite, type ProofSite, type State, setVersion, stateOf, withSecond } from './proof-site.ts'
import { assertNothingLeft, journalOf, startTask } from './recovery-stage.ts'
import { claim, type Ended, type Stage, type StageHost } from './stage.ts'

/** Programs by which a restore works, some of them in a sandbox: a run can be stopped before or after any call of them. */
const STOPS = ['bwrap', 'find', 'mv', 'cp']

/** A site that can be restored and killed over and over: it begins `before`, a restore makes it `after`. */
export class KillLane {
  readonly task: 'recover' | 'replica'
  readonly stage: Stage
  readonly host: StageHost
  readonly site: ProofSite
  readonly web: WebServer
  readonly before: State
  readonly after: State
  readonly #bin: string
  readonly #words: readonly string[]
  /** When the newest of what is kept was made, as a run began. */
  #keptAtStart: number | undefined

  private constructor(parts: Pick<KillLane, 'task' | 'stage' | 'host' | 'site' | 'web' | 'before' | 'after'>, words: string[]) {
    const { task, stage, host, site, web, before, after } = parts
    ;[this.task, this.stage, this.host, this.site] = [task, stage, host, site]
    ;[this.web, this.before, this.after] = [web, before, after]
    this.#words = words
    this.#bin = join(this.host.folder, 'bin')
    const at = (name: string): string => join(this.#bin, name)
    for (const name of STOPS) {
      const count = `n=$(flock ${at('.lock')} sh -c 'n=$(cat ${at('.count')} 2>/dev/null); echo $((n+1)) | tee ${at('.count')}')`
      const stop = `echo "$n ${name} $*" >> ${at('.reached')}; exec sleep 300`
      const rule = `read -r at when 2>/dev/null < ${at('.rule')}`
      const before = `${count}; ${rule}; [ "$n $when" != "$at before" ] || { ${stop}; }`
      const after = `[ "$n $when" != "$at after" ] || { ${stop}; }`
      const call = `${before}; ${name} "$@"; code=$?; ${after}; exit $code`
      fakeProgram(this.#bin, name, `PATH=$REAL; case "$*" in *--unbuffered*) ${eachQuestion(before, after)};; esac; ${call}`)
    }
  }

  /** A primary with one set in its archive and newer work in the live site. */
  static async primary(stage: Stage, name: string, mariadb: Mariadb): Promise<KillLane> {
    const host = stage.addHost(`p-${name}`, { database: { socket: mariadb.socket } } as object)
    const site = await withSecond(await createProofSite(host.vhosts, name, name, mariadb))
    claim(site.folder, host)
    await setVersion(site, 'after')
    await ended(startTask(stage, host, 'nightly', ['--site', name]))
    const at = new Date(Date.now() + 1000).toISOString().replace(/\.\d+/, '')
    const after = await stateOf(site)
    await new Promise(resolve => setTimeout(resolve, 2000)) // the time of the next set must be another
    await setVersion(site, 'before')
    const web = await serve(site.root, { socket: mariadb.socket })
    return new KillLane({ task: 'recover', stage, host, site, web, before: await stateOf(site), after }, ['--at', at])
  }

  /** A replica of an older set than the archive's newest. */
  static async replica(stage: Stage, name: string, from: Mariadb, to: Mariadb): Promise<KillLane> {
    const owner = stage.addHost(`o-${name}`, { database: { socket: from.socket } } as object)
    const host = stage.addHost(`r-${name}`, { database: { socket: to.socket } } as object)
    const original = await withSecond(await createProofSite(owner.vhosts, name, name, from))
    claim(original.folder, owner)
    const states: State[] = []
    const site = { ...original, folder: join(host.vhosts, name), root: join(host.vhosts, name, 'SITE'), mariadb: to }
    for (const version of ['before', 'after']) {
      await setVersion(original, version)
      await ended(startTask(stage, owner, 'nightly', ['--site', name]))
      states.push(await stateOf(original))
      if (version === 'before') await ended(startTask(stage, host, 'nightly', ['--site', name]))
      await new Promise(resolve => setTimeout(resolve, 1500))
    }
    const [before, after] = states as [State, State]
    assert.deepEqual(await stateOf(site), before)
    const web = await serve(site.root, { socket: to.socket })
    return new KillLane({ task: 'replica', stage, host, site, web, before, after }, [])
  }

  /** Starts the restore; it stops at the n-th call of a program where that is given. */
  start(at?: { call: number; when: 'before' | 'after' }): { child: ChildProcess; ended: Promise<Ended> } {
    for (const name of ['.count', '.rule', '.reached']) rmSync(join(this.#bin, name), { force: true })
    this.#keptAtStart = this.#newestKept()
    if (at) writeFileSync(join(this.#bin, '.rule'), `${at.call} ${at.when}\n`)
    const { site, host, stage } = this
    const env = at ? { PATH: pathWith(this.#bin) } : {}
    return this.task === 'recover'
      ? startTask(stage, host, 'recover', ['--site', site.name, '--yes', ...this.#words], env)
      : startTask(stage, host, 'nightly', ['--site', site.name], env)
  }

  /** Runs the restore to a call and kills it there. Gives which call it was, or undefined when there is none of that number. */
  async killAt(call: number, when: 'before' | 'after'): Promise<string | undefined> {
    const { child, ended: end } = this.start({ call, when })
    const reached = join(this.#bin, '.reached')
    let over = false
    void end.then(() => {
      over = true
    })
    await until(() => existsSync(reached) || over, 60_000)
    child.kill('SIGKILL')
    await end
    await until(() => processesWith(this.#bin).length === 0, 60_000)
    return existsSync(reached) ? readFileSync(reached, 'utf8').trim() : undefined
  }

  /** Runs the restore and kills it so many milliseconds after it began, or after its journal began: the part in which it changes things. */
  async killAfter(time: number, since: 'start' | 'journal'): Promise<void> {
    const run = this.start()
    await this.until(since, run)
    const timer = setTimeout(() => run.child.kill('SIGKILL'), time)
    await run.ended
    clearTimeout(timer)
    const mine = join(this.host.folder, '')
    await until(() => processesWith(mine).filter(line => !/php|mariadbd/.test(line)).length === 0, 60_000)
  }

  #safetyCopies(): number {
    return journalOf(this.host, this.site.name).kept.filter(one => one.safety !== undefined).length
  }

  #newestKept(): number | undefined {
    return journalOf(this.host, this.site.name).kept.at(-1)?.startedAt
  }

  /** How far the killed run came. */
  phase(): string {
    const { pending } = journalOf(this.host, this.site.name)
    return pending?.phase ?? (this.#newestKept() === this.#keptAtStart ? 'none' : 'kept')
  }

  /** Boots after a kill, as `holdfast-boot.service` does: before any other run the site is whole, in one of its two states. */
  async boot(): Promise<void> {
    const phase = this.phase()
    const safeBefore = this.#safetyCopies()
    const booted = await startTask(this.stage, this.host, 'boot').ended
    assert.equal(booted.code, 0, booted.stdout + booted.stderr)
    await this.proves(phase === 'kept' ? 'after' : 'before')
    if (this.task === 'recover' && phase === 'swapping') assert.equal(this.#safetyCopies(), safeBefore + 1)
    if (phase !== 'kept') this.#keptAtStart = this.#newestKept() // what was rolled back is over: there is nothing to undo
  }

  /** Undoes, or goes on, after a kill, and proves that the site was in one of its two whole states and is so now. Ends in the first state. */
  async mend(by: 'undo' | 'again'): Promise<void> {
    const phase = this.phase()
    const safeBefore = this.#safetyCopies()
    if (phase === 'kept') await this.shows('after') // its mark may be in the database until the next run
    if (by === 'again' && phase !== 'kept') {
      await this.startAgain()
      await this.proves('after')
      await assertNothingLeft(this.host, this.site.name, this.site.mariadb)
    }
    // it had not begun: an undo would be one of an earlier restore
    if (phase === 'none' && by === 'undo') return await this.proves('before')
    const undone = await startTask(this.stage, this.host, 'recover', ['--site', this.site.name, '--yes', '--undo']).ended
    assert.equal(undone.code, 0, undone.stdout + undone.stderr)
    // what a killed recovery had put live may have been written to since
    if (this.task === 'recover' && phase === 'swapping') assert.equal(this.#safetyCopies(), safeBefore + 1)
    await this.proves('before')
    await assertNothingLeft(this.host, this.site.name, this.site.mariadb)
    // a replica that was undone keeps to that: for the next round it shall want the newest again
    if (this.task === 'replica') for (const each of ['fingerprints', 'sites']) this.#forget(each)
  }

  async until(since: 'start' | 'journal', { child }: { child: ChildProcess }): Promise<void> {
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
    if (since === 'journal') await until(() => isOver() || journalOf(this.host, this.site.name).pending !== undefined, 60_000)
  }

  /** How long a restore takes, from its start and from the start of its journal, in milliseconds. */
  async measure(): Promise<{ start: number; journal: number }> {
    const began = performance.now()
    const run = this.start()
    await this.until('journal', run)
    const journal = performance.now()
    assert.equal((await run.ended).code, 0)
    const end = performance.now()
    return { start: end - began, journal: end - journal }
  }

  async startAgain(): Promise<void> {
    if (this.task === 'replica') this.#forget('sites')
    const again = await this.start().ended
    assert.equal(again.code, 0, again.stdout + again.stderr)
  }

  #forget(name: string): void {
    rmSync(join(this.host.folder, 'state', name), { recursive: true, force: true })
  }

  /** The page, the files and both databases all say this version, and no other. */
  async proves(version: 'before' | 'after'): Promise<void> {
    await this.shows(version)
    assert.deepEqual(await stateOf(this.site), this[version])
  }

  /** The page says this version, of the files and of both databases. */
  async shows(version: 'before' | 'after'): Promise<void> {
    const { body } = await this.web.get('/')
    assert.equal(body, `file=${version} database=${version} second=${version}`)
  }

  /** Writes down what was done, in the file that HOLDFAST_KILLS_LOG names. */
  tell(line: string): void {
    if (process.env.HOLDFAST_KILLS_LOG) appendFileSync(process.env.HOLDFAST_KILLS_LOG, `${line}\n`)
  }
}

async function ended(run: { ended: Promise<Ended> }): Promise<void> {
  const { code, stdout, stderr } = await run.ended
  assert.equal(code, 0, stdout + stderr)
}
