import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setsOf } from '../../lib/core/collection.ts'
import { printTime, type RestorePoint, restorePoints } from '../../lib/core/restore-point.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { SiteReport } from '../../lib/core/site-report.ts'
import { judge } from '../../lib/core/verdict.ts'
import { readCollection } from '../../lib/duplicity/io/collection.ts'
import { parseName } from '../../lib/duplicity/names.ts'
import { recipe } from '../../lib/engine/recipe.ts'
import { Run } from '../../lib/engine/run.ts'
import { runTree } from '../../lib/engine/tree.ts'
import { auditFiles, chooseFiles, siteAudits } from '../../lib/steps/verify.ts'
import { siteArchiveOf } from '../../lib/store/archive.ts'
import type { Needs } from '../../lib/store/facts.ts'
import type { DuplicityServer } from './duplicity-server.ts'
import { NO_REQUEST } from './host.ts'
import { makeNightSite, type NightSite, night, notesIn } from './night.ts'
import { hearingShell } from './shell.ts'
import { snapshot } from './snapshot.ts'
import { PASSPHRASE } from './stage.ts'

const DAY = 86_400_000
const START = Date.UTC(2028, 0, 1, 3)
/** The nights before the damage: a full, and two incrementals. */
const NIGHTS = 3
/** Ms after which a restore counts as one that never ends. */
const NEVER = 60_000

const audit = recipe<Needs<'host' | 'secrets' | 'archive' | 'roles' | 'request' | 'freeSpace'>>()
  .do(chooseFiles)
  .each('Audit', siteAudits, site => site.do(auditFiles))

/** How an archive is made and audited. */
export interface NightlyMaking {
  readonly encryption: 'passphrase' | 'none'
  /** MB a night. */
  readonly auditBudget: number
}

/** A site with three nights behind it, whose archive can be damaged, go on for some nights, and be put back over and over. */
export class DamagedNights {
  readonly #server: DuplicityServer
  readonly #folder: string
  readonly #encryption: NightlyMaking['encryption']
  readonly #gnupg: string
  readonly #place: NightSite
  /** The site as it was each night, by the night's time. */
  #states = new Map<number, Record<string, string>>()
  #setTimes: readonly number[] = []

  private constructor(folder: string, server: DuplicityServer, gnupg: string, making: NightlyMaking, place: NightSite) {
    this.#folder = folder
    this.#server = server
    this.#gnupg = gnupg
    this.#encryption = making.encryption
    this.#place = place
  }

  /** @param gnupg the server's folder of gpg */
  static async make(folder: string, server: DuplicityServer, gnupg: string, making: NightlyMaking): Promise<DamagedNights> {
    const place = await makeNightSite(folder, {
      duplicity: { program: server.program, compression: 'none', volumeSize: 1 },
      encryption: making.encryption === 'none' ? { kind: 'none' } : { kind: 'passphrase', secret: 'PP', generated: true },
      auditBudget: making.auditBudget,
      allowance: 1e6,
    })
    place.facts.secrets = new Map([['PP', new Secret(PASSPHRASE)]])
    const made = new DamagedNights(folder, server, gnupg, making, place)
    writeFileSync(join(place.source, 'SITE', 'large'), randomBytes(1_200_000))
    for (let index = 0; index < NIGHTS; index++) {
      const { said } = await made.#night(index)
      assert.doesNotMatch(said.join('\n'), /^(warning|failed):/m)
    }
    made.#setTimes = made.#setTimesNow()
    assert.equal(made.#setTimes.length, NIGHTS)
    execFileSync('cp', ['-a', folder, `${folder}.kept`])
    return made
  }

  get archive(): string {
    return this.#place.archive
  }

  #setTimesNow(): number[] {
    const sets = readdirSync(this.archive).flatMap(name => parseName(name) ?? [])
    return [...new Set(sets.map(({ time }) => time))].toSorted((a, b) => a - b)
  }

  /** One night with its audit. Gives what it said, and whether its verdict on the site is that all is well. */
  async #night(index: number): Promise<{ readonly said: string[]; readonly isWell: boolean }> {
    const now = START + index * DAY
    const { facts, source } = this.#place
    await this.#server.setClock(now)
    const page = join(source, 'SITE', 'page')
    writeFileSync(page, randomBytes(20_000))
    utimesSync(page, now / 1000, now / 1000)
    this.#states.set(now, this.#look(source))
    const made = await night(this.#place, { now })
    const roles = { primaries: [facts.site], replicas: [], others: [] }
    const run = new Run({ dry: false, stop: new AbortController().signal, now: () => now, onEvent: () => {} })
    const start = { ...facts, roles, request: NO_REQUEST }
    await runTree(audit as unknown as Parameters<typeof runTree>[0], start, run)
    const outcomes = [...made, ...run.outcomes]
    const telling: SiteReport = Object.assign({}, ...outcomes.flatMap(({ reports = [] }) => reports))
    return { said: notesIn(outcomes), isWell: judge(telling).every(({ level }) => level === 'remark') }
  }

  /** A tree, less what a night itself writes into it. */
  #look(folder: string): Record<string, string> {
    const { '': _top, ...files } = snapshot(folder, path => path.startsWith('.holdfast'))
    return files
  }

  /** Puts everything back as it was after the three nights. @param hasCache whether this host has duplicity's copies of what is in the archive */
  reset(hasCache: boolean): void {
    rmSync(this.#folder, { recursive: true, force: true })
    execFileSync('cp', ['-a', `${this.#folder}.kept`, this.#folder])
    this.#states = new Map([...this.#states].filter(([time]) => time < START + NIGHTS * DAY))
    if (!hasCache) rmSync(this.#place.facts.host.paths.cache, { recursive: true })
  }

  /**
   * Goes on for as many nights as the audit promised, or until one names what is damaged, and for one more. Once it was named, or the promise is over, a night that says that all is
   * well has lost none, and in the end the newest backup is one that restores, and each restore point that counts as well restores byte for byte.
   * @param damaged the names of the files that are not what they were
   * @returns the night that named it, from 1, with what it said; undefined where none did
   */
  async goOn(damaged: readonly string[]): Promise<{ readonly night: number | undefined; readonly said: readonly string[] }> {
    const words = damaged.flatMap(name => [name, ...timeIn(name)])
    let named: { night: number; said: string[] } | undefined
    let promised = 1
    // of several files, the audit may come to the others later
    const isToWait = (): boolean => named === undefined || damaged.length > 1
    for (let count = 1; count <= Math.max(named?.night ?? 0, isToWait() ? promised : 0) + 1; count++) {
      const { said, isWell } = await this.#night(NIGHTS - 1 + count)
      if (count === 1) promised = Number(/read again within (\d+) nights?/.exec(said.join('\n'))?.[1])
      const aloud = saidAloud(said)
      if (aloud.some(note => words.some(word => note.includes(word)))) named ??= { night: count, said: aloud }
      const good = await this.#goodPoints()
      const lost = this.#setTimes.filter(time => !good.some(point => point.time === time)).map(printTime)
      if (named !== undefined || count >= promised)
        assert.ok(
          lost.length === 0 || !isWell,
          `all is well, and lost are ${lost.join()}; night ${count} said ${said.join('\n')}`,
        )
    }
    const good = await this.#goodPoints()
    const newest = good.at(-1)?.time ?? 0
    assert.ok(newest >= Math.max(...this.#states.keys()), `the newest that restores is of ${printTime(newest)}`)
    for (const point of good) await this.#proveRestores(point)
    return named ?? { night: undefined, said: [] }
  }

  /** The restore points that nothing is known against, oldest first. */
  async #goodPoints(): Promise<RestorePoint[]> {
    const { facts } = this.#place
    const siteArchive = siteArchiveOf(facts.archive, facts.site.name)
    const collection = await readCollection({ ...facts, siteArchive }, hearingShell().shell)
    return restorePoints(collection).filter(({ problems }) => problems.length === 0)
  }

  async #proveRestores({ time, chain }: RestorePoint): Promise<void> {
    const at = (part: string): string => join(this.#folder, 'proof', part)
    rmSync(at(''), { recursive: true, force: true })
    const options = [`--archive-dir=${at('cache')}`, `--time=${time / 1000}`, '--numeric-owner']
    if (this.#encryption === 'none') options.push('--no-encryption')
    const env = { ...process.env, PASSPHRASE, GNUPGHOME: this.#gnupg }
    mkdirSync(at(''), { recursive: true })
    // without a cache, what a restore does not need stops duplicity where it is damaged: signatures, and manifests of other sets
    const needed = setsOf(chain).filter(set => set.time <= time)
    const names = needed.flatMap(({ volumes, manifest }) => [...volumes, manifest!]).map(({ name }) => name)
    for (const name of names) cpSync(join(this.archive, name), join(at('archive'), name))
    await this.#server.setClock(START + 100 * DAY)
    await promisify(execFile)(this.#server.program, ['restore', ...options, `file://${at('archive')}`, at('tree')], {
      env,
      timeout: NEVER,
      killSignal: 'SIGKILL',
    })
    const state = [...this.#states].findLast(([nightTime]) => nightTime <= time)?.[1]
    assert.deepEqual(this.#look(at('tree')), state, `what was backed up at ${printTime(time)}`)
  }
}

/** When the set was made that a file belongs to, as messages have it. */
function timeIn(name: string): string[] {
  const parsed = parseName(name)
  return parsed === undefined ? [] : [printTime(parsed.time)]
}

/** What a person would read. */
const saidAloud = (notes: readonly string[]): string[] => notes.filter(note => /^(warning|significant|failed):/.test(note))
