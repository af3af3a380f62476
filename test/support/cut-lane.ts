import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { restorePoints } from '../../lib/core/restore-point.ts'
import { withRecords } from '../../lib/core/set-record.ts'
import { collectionOf } from '../../lib/duplicity/listing.ts'
import { parseName } from '../../lib/duplicity/names.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { recordsIn } from '../../lib/store/record-lines.ts'
import type { Chance } from './chance.ts'
import { ChangingTree } from './changing-tree.ts'
import type { CutDatabase } from './cut-database.ts'
import { fieldsIn } from './host.ts'
import { processesWith } from './processes.ts'
import type { SmallDisk } from './small-disk.ts'
import { PASSPHRASE } from './stage.ts'
import { tearVolumes } from './torn-volumes.ts'
import { nearest, stateOf, type TreeState } from './tree-state.ts'

/** The ways in which a backup is cut off. A power cut of host and archive tears what the archive's kernel had not written. */
export type Way = 'kill' | 'term' | 'power' | 'gone' | 'full'

/** How a lane is set up. */
export interface LaneOptions {
  readonly task: 'nightly' | 'desktop'
  /** The folder whose `duplicity` is to be used, in front of PATH; the installed one when absent. */
  readonly program?: string | undefined
  readonly encrypted: boolean
  /** MB. */
  readonly volumeSize?: number
  /** The site's, where it has one: its dump is larger than some volumes. */
  readonly database?: CutDatabase | undefined
  /** Where the archive is on a small disk of its own; without it, it cannot be full. */
  readonly disk?: SmallDisk | undefined
  readonly chance: Chance
}

/** A site or a desktop whose backups are cut off over and over while its files change, each run a real process with all its children. */
export class CutLane {
  readonly tree: ChangingTree
  readonly archive: string
  /** What each run said, for who must find out what went wrong. */
  readonly history: string[] = []
  /** The states that the tree had while each set was made, by the set's time. */
  readonly states = new Map<number, readonly TreeState[]>()
  readonly #folder: string
  readonly #root: string
  readonly #options: LaneOptions

  constructor(folder: string, options: LaneOptions) {
    this.#folder = folder
    this.#options = options
    this.#root = options.disk?.folder ?? join(folder, 'nas')
    this.archive = join(this.#root, 'blog')
    const source = join(folder, 'vhosts', 'blog')
    mkdirSync(join(source, 'SITE'), { recursive: true })
    mkdirSync(join(source, '.holdfast'), { mode: 0o700 })
    mkdirSync(join(folder, 'hosts'))
    writeFileSync(join(source, 'PRIMARY_IS_web1'), '')
    writeFileSync(join(folder, '.env'), `PP=${PASSPHRASE}\n`, { mode: 0o600 })
    const fields: Partial<HostFile> = {
      archive: { kind: 'folder', path: this.#root },
      duplicity: { volumeSize: options.volumeSize ?? 1, retries: 1, compression: options.chance(2) === 0 ? 'none' : 'default' },
      encryption: options.encrypted ? { kind: 'passphrase', secret: 'PP', generated: true } : { kind: 'none' },
      auditBudget: 0,
      allowance: 1e6,
      ...(options.database && { database: { socket: options.database.socket } as HostFile['database'] }),
      ...(options.task === 'desktop' && { desktop: { folder: source, weekday: 'wednesday', hour: 3, name: 'blog' } }),
    }
    writeFileSync(join(folder, 'hosts', 'web1.json'), JSON.stringify(fieldsIn(folder, fields)))
    this.tree = new ChangingTree(source, options.chance)
  }

  #start(): { child: ChildProcess; ended: Promise<number | string | null> } {
    const { task, program } = this.#options
    const path = join(import.meta.dirname, `../../tasks/${task}.ts`)
    const words = [path, '--host', 'web1', '--inventory', join(this.#folder, 'hosts')]
    if (task === 'desktop') words.push('--now')
    const env = { ...process.env, ...(program && { PATH: `${program}:${process.env.PATH}` }) }
    const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], env })
    const closed = new Promise<number | string | null>(resolve => child.on('close', (code, signal) => resolve(code ?? signal)))
    const ended = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([out, err, how]) => {
      this.history.push(`ended with ${how}`, out, err)
      return how
    })
    return { child, ended }
  }

  /** A set that is begun again in the second of the one that was removed would have its name, and not its state. */
  async #nextSecond(): Promise<void> {
    const newest = Math.max(0, ...this.#names().map(name => parseName(name)?.time ?? 0))
    while (Date.now() < newest + 1000) await pause(10)
  }

  #names(): string[] {
    return existsSync(this.archive) ? readdirSync(this.archive) : []
  }

  /**
   * Begins a run and cuts it off a moment after so many new files of a set have come into the archive. Gives whether it was; else it had ended before.
   * @param justBefore is done in the moment before the power goes
   */
  async cut(way: Way, newFiles: number, milliseconds: number, justBefore: () => unknown = () => {}): Promise<boolean> {
    const before = new Set(this.#names())
    const states = [stateOf(this.tree.folder)]
    this.history.push(`-- ${way} after ${newFiles} files and ${milliseconds} ms; there are ${[...before].join(' ')}`)
    await this.#nextSecond()
    const { child, ended } = this.#start()
    let over = false
    void ended.then(() => {
      over = true
    })
    if (way === 'full') this.#options.disk!.fill(newFiles * (this.#options.volumeSize ?? 1) * 1_000_000)
    const seen = new Set<string>()
    while (!over && (way === 'full' || seen.size < newFiles)) {
      for (const name of this.#names()) if (!before.has(name) && parseName(name)) seen.add(name)
      await pause(1)
    }
    if (way !== 'full' && !over) {
      await pause(milliseconds)
      if (way === 'gone') this.#takeAway()
      else if (way !== 'term') await justBefore()
      child.kill(way === 'gone' ? 0 : way === 'term' ? 'SIGTERM' : 'SIGKILL')
    }
    const how = await ended
    await this.#noProcess()
    if (existsSync(`${this.#root}.away`)) this.#bringBack()
    if (way === 'full') this.#options.disk!.empty()
    if (way === 'power') this.history.push(...tearVolumes(this.archive, before, this.#options))
    // what was changed in the last moment may have been read after that
    states.push(stateOf(this.tree.folder))
    const all = states.map(state => ({ ...state, ...this.#dumpIn(this.tree.folder) }))
    for (const name of this.#names().filter(each => !before.has(each))) this.#remember(name, all)
    return how !== 0
  }

  /** The dump that the last run made, which is what it backed up: the database goes on meanwhile. */
  #dumpIn(folder: string): TreeState {
    const dump = this.#options.database?.dumpIn(folder)
    return dump === undefined ? {} : { dump }
  }

  #stateWithDump(folder: string): TreeState {
    return { ...stateOf(folder), ...this.#dumpIn(folder) }
  }

  /** The state of the tree as a set was begun: when nothing but its end was cut off, it is a restore point of that. */
  #remember(name: string, states: readonly TreeState[]): void {
    const time = parseName(name)?.time
    if (time !== undefined && !this.states.has(time)) this.states.set(time, states)
  }

  /** What is left of a run that was killed ends with it. */
  async #noProcess(): Promise<void> {
    while ([join(this.#folder, 'hosts'), this.archive].flatMap(processesWith).length > 0) await pause(10)
  }

  #takeAway(): void {
    renameSync(this.#root, `${this.#root}.away`)
    mkdirSync(this.#root)
  }

  #bringBack(): void {
    rmSync(this.#root, { recursive: true })
    renameSync(`${this.#root}.away`, this.#root)
  }

  /** Runs a backup to its end: what it makes is the tree as it is now. */
  async complete(): Promise<void> {
    this.history.push('-- to its end')
    const before = this.points().length
    await this.#nextSecond()
    assert.equal(await this.#start().ended, 0, this.told())
    const points = this.points()
    assert.ok(points.length > before, `no restore point: ${this.told()}`)
    this.states.set(points.at(-1)!.time, [this.#stateWithDump(this.tree.folder)])
  }

  points() {
    const records = join(this.archive, '.holdfast-sets')
    const listed = collectionOf(this.#names().map(name => ({ name, bytes: statSync(join(this.archive, name)).size })))
    return restorePoints(existsSync(records) ? withRecords(listed, recordsIn(readFileSync(records, 'utf8'))) : listed)
  }

  /** Each restore point is the tree as it was. */
  check(): void {
    const { encrypted, program } = this.#options
    const into = join(this.#folder, 'restored')
    const keys = join(this.#folder, 'gnupg')
    mkdirSync(keys, { recursive: true, mode: 0o700 })
    const env = { ...process.env, PASSPHRASE, ...(program && { PATH: `${program}:${process.env.PATH}` }) }
    for (const { time } of this.points()) {
      const words = ['restore', ...(encrypted ? [] : ['--no-encryption']), `--archive-dir=${this.#folder}/other`]
      const all = [...words, `--time=${time / 1000}`, `file://${this.archive}`, into]
      rmSync(into, { recursive: true, force: true })
      execFileSync('duplicity', all, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...env, GNUPGHOME: keys },
      })
      const found = this.#stateWithDump(into)
      assert.deepEqual(found, nearest(found, this.states.get(time)!), `${new Date(time).toISOString()}: ${this.told()}`)
    }
    rmSync(into, { recursive: true, force: true })
    if (encrypted) execFileSync('gpgconf', ['--kill', 'gpg-agent'], { env: { ...process.env, GNUPGHOME: keys } })
    assert.deepEqual(
      readdirSync(join(this.#folder, 'cache', 'duplicity', 'blog.backup')).filter(name => /\.part/.test(name)),
      [],
    )
  }

  /** The first volume in the archive loses its end. */
  tearFirstVolume(): void {
    const name = this.#names().find(each => each.includes('.vol1.'))!
    truncateSync(join(this.archive, name), 1000)
  }

  /** How often what became of what was cut off. */
  decisions(): string {
    const found = this.told().matchAll(/was cut off: (it is finished|what was sent is kept|it is removed|what this host has)/g)
    const counts = Map.groupBy([...found], ([, what]) => what!)
    return `${[...counts].map(([what, all]) => `${what} ${all.length}`).join(', ')}; ${this.points().length} restore points`
  }

  told(): string {
    return this.history.join('\n')
  }

  /** Writes down what was done, in the file that HOLDFAST_CUTS_LOG names. */
  log(line: string): void {
    if (process.env.HOLDFAST_CUTS_LOG) appendFileSync(process.env.HOLDFAST_CUTS_LOG, `${line}\n`)
  }
}
