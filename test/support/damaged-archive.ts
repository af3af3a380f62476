import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
    execFileSync('cp', ['-a', this.#site, `${this.#site}.live`])
    execFileSync('mv', [`${this.#site}.live`, join(this.#stage.folder, 'live')])
    const all = readdirSync(this.archive)
    assert.equal(all.filter(name => /^duplicity-full\..*vol/.test(name)).length, 3, all.join('\n'))
    assert.equal(all.filter(name => /^duplicity-inc\..*vol/.test(name)).length, 1, all.join('\n'))
    this.#putBack = keepArchive(this.archive)
  }

  #write(name: string, bytes: number): void {
    writeFileSync(join(this.#site, 'SITE', name), randomBytes(bytes))
  }

  /** The site, less its companion folder, and the times that a backup itself changes. */
  #look(): Record<string, string> {
    const { '': _, ...files } = snapshot(this.#site, path => path.startsWith('.holdfast'))
    return files
  }

  /** Puts archive and site back as they were at first. @param remembers whether this host still has what it knows of the archive, of the time when that was whole */
  async reset(remembers: boolean): Promise<void> {
    this.#putBack()
    const { folder, vhosts } = this.#host
    for (const each of [this.#site, join(vhosts, '.holdfast'), join(folder, 'state', 'restores')])
      rmSync(each, { recursive: true, force: true })
    execFileSync('cp', ['-a', join(this.#stage.folder, 'live'), this.#site])
    const cache = join(folder, 'cache', 'duplicity')
    if (!remembers) rmSync(cache, { recursive: true, force: true })
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
    assert.deepEqual(this.#look(), this.#states[isRestored ? set : 2], `the site is whole: ${troubles(told).join('\n')}`)
    assert.equal(journalOf(this.#host, 'blog').pending, undefined)
    assert.deepEqual(processesWith(this.#host.folder), [], 'nothing runs on')
    return { told, isRestored }
  }
}
