import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseName } from '../../lib/duplicity/names.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { keepArchive } from './crafted-set.ts'
import { withDuplicity3 } from './duplicity3.ts'
import { processesWith } from './processes.ts'
import { journalOf, startTask } from './recovery-stage.ts'
import { snapshot } from './snapshot.ts'
import { claim, readJson, Stage, type StageHost, type Told, troubles } from './stage.ts'

/** How an archive was made. */
export interface Making {
  readonly major: 0 | 3
  readonly encryption: 'passphrase' | 'none'
}

/** Where a host keeps what it knows of an archive. */
const MEMORY = ['cache', 'state']

/** Ms after which a restore that has not ended counts as one that never ends. */
const NEVER = 180_000

/** A site with two sets in its archive, a full one of three volumes and an incremental, that can be damaged, restored and put back over and over. */
export class DamagedArchive {
  /** The archive's folder. */
  readonly archive: string
  readonly #stage: Stage
  readonly #host: StageHost
  readonly #site: string
  readonly #env: NodeJS.ProcessEnv
  /** The site as each set has it, oldest first; and as it is live. */
  readonly #states: Record<string, string>[] = []
  #times: number[] = []
  #setTimes: number[] = []
  #putBack: () => void = () => {}

  private constructor(folder: string, { encryption }: Making, env: NodeJS.ProcessEnv) {
    this.#stage = new Stage(folder)
    const fields: Partial<HostFile> = {
      encryption: encryption === 'none' ? { kind: 'none' } : { kind: 'passphrase', secret: 'PP', generated: true },
      duplicity: { volumeSize: 1 },
      deadlines: { duplicity: 60 },
    }
    this.#host = this.#stage.addHost('web1', fields)
    this.#site = join(this.#host.vhosts, 'blog')
    this.archive = join(this.#stage.archive, 'blog')
    this.#env = env
  }

  static async make(folder: string, making: Making): Promise<DamagedArchive> {
    mkdirSync(folder, { recursive: true })
    const made = new DamagedArchive(folder, making, making.major === 3 ? await withDuplicity3() : {})
    await made.#backUpTwice()
    return made
  }

  async #backUpTwice(): Promise<void> {
    mkdirSync(join(this.#site, 'SITE'), { recursive: true })
    claim(this.#site, this.#host)
    this.#write('large', 2_200_000)
    this.#write('page', 150_000)
    for (const _ of [1, 2]) {
      this.#states.push(this.#look())
      const { code, stdout, stderr } = await startTask(this.#stage, this.#host, 'nightly', [], this.#env).ended
      assert.equal(code, 0, stdout + stderr)
      await sleep(1100) // the time of the next set, and of what changes, must be another
      this.#times.push(Date.now())
      this.#write('page', 150_000)
    }
    this.#write('live', 1000)
    this.#states.push(this.#look())
    const all = readdirSync(this.archive)
    assert.equal(all.filter(name => /^duplicity-full\..*vol/.test(name)).length, 3, all.join('\n'))
    assert.equal(all.filter(name => /^duplicity-inc\..*vol/.test(name)).length, 1, all.join('\n'))
    const sets = all.flatMap(name => parseName(name) ?? [])
    this.#setTimes = [...new Set(sets.map(({ time }) => time))].toSorted()
    this.#putBack = keepArchive(this.archive)
    mkdirSync(join(this.#stage.folder, 'kept'))
    for (const each of [this.#site, ...MEMORY.map(name => join(this.#host.folder, name))])
      execFileSync('cp', ['-a', each, join(this.#stage.folder, 'kept')])
  }

  #write(name: string, bytes: number): void {
    writeFileSync(join(this.#site, 'SITE', name), randomBytes(bytes))
  }

  /** Which set the run says that it restored: the one before, where a manifest is missing and so the set unfinished. */
  #setIn(told: Told): number {
    const notes = told.outcomes.flatMap(outcome => outcome.notes.map(({ text: note }) => note))
    const time = /now as of ([\d-]+) ([\d:]+) UTC/.exec(notes.join('\n'))
    assert.ok(time, notes.join('\n'))
    return this.#setTimes.indexOf(Date.parse(`${time[1]}T${time[2]}Z`))
  }

  /** The site, less its companion folder, and the times that a backup itself changes. */
  #look(): Record<string, string> {
    const { '': _, ...files } = snapshot(this.#site, path => path.startsWith('.holdfast'))
    return files
  }

  /** Puts archive and site back as they were at first. @param remembers whether anything is known of the archive besides its sets: by this host, or beside them */
  async reset(remembers: boolean): Promise<void> {
    this.#putBack()
    const { folder, vhosts } = this.#host
    for (const each of [this.#site, join(vhosts, '.holdfast')]) rmSync(each, { recursive: true, force: true })
    execFileSync('cp', ['-a', join(this.#stage.folder, 'kept', 'blog'), this.#site])
    for (const name of MEMORY) {
      rmSync(join(folder, name), { recursive: true, force: true })
      if (remembers) execFileSync('cp', ['-a', join(this.#stage.folder, 'kept', name), folder])
    }
    if (!remembers) rmSync(join(this.archive, '.holdfast-sets'), { force: true })
  }

  /**
   * Restores a set, and proves that the restore ended, that nothing of it runs on or is left, and that the site is whole: as that set has it, or as it was.
   * @param set 0 for the full set, 1 for the incremental
   */
  async restore(set: 0 | 1): Promise<{ readonly told: Told; readonly isRestored: boolean }> {
    const at = new Date(this.#times[set]!).toISOString()
    const { child, ended } = startTask(
      this.#stage,
      this.#host,
      'recover',
      ['--site', 'blog', '--yes', '--json', '--at', at],
      this.#env,
    )
    const over = new AbortController()
    const late = sleep(NEVER, 'late' as const, { signal: over.signal }).catch(() => undefined)
    const end = await Promise.race([ended, late])
    over.abort()
    if (end === 'late' || end === undefined) {
      child.kill('SIGKILL')
      throw new Error(`the restore does not end: ${processesWith(this.#host.folder).join('\n')}`)
    }
    const told = { ...end, ...readJson(end) }
    const isRestored = told.code === 0
    // 2 where no set is left to choose from
    assert.ok(isRestored || told.code === 1 || told.code === 2, `exit code ${told.code}: ${troubles(told).join('\n')}`)
    assert.deepEqual(
      this.#look(),
      this.#states[isRestored ? this.#setIn(told) : 2],
      `the site is whole: ${troubles(told).join('\n')}`,
    )
    assert.equal(journalOf(this.#host, 'blog').pending, undefined)
    assert.deepEqual(processesWith(this.#host.folder), [], 'nothing runs on')
    return { told, isRestored }
  }
}
