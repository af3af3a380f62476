import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { claimsIn } from '../../lib/core/marker.ts'
import { readRecord } from '../../lib/host/records.ts'
import type { Mariadb } from '../../lib/sandbox/mariadb.ts'
import { EPOCH } from '../../lib/store/written-claims.ts'
import type { Cut } from './cut-at.ts'
import { hostIn } from './host.ts'
import { createProofSite, type ProofSite, setVersion } from './proof-site.ts'
import { claim, type Ended, Stage, type StageHost } from './stage.ts'

type Task = 'handover' | 'takeover' | 'nightly' | 'boot' | 'status'

/** Hosts with one archive, and a site that moves between them: it is the first one's, and the others have replicas of it. */
export class MoveStage {
  readonly stage: Stage
  readonly hosts: readonly StageHost[]
  readonly name = 'blog'
  /** Of a WordPress site the hosts' database servers. */
  readonly #servers: readonly Mariadb[]

  private constructor(stage: Stage, hosts: readonly StageHost[], servers: readonly Mariadb[]) {
    this.stage = stage
    this.hosts = hosts
    this.#servers = servers
  }

  /** Begins with a static site, or, where there are servers, with WordPress. */
  static async begin(folder: string, names: readonly string[], servers: readonly Mariadb[] = []): Promise<MoveStage> {
    const stage = new Stage(folder)
    const fieldsOf = (index: number): object => (servers[index] ? { database: { socket: servers[index].socket } } : {})
    const hosts = names.map((name, index) => stage.addHost(name, fieldsOf(index)))
    const moves = new MoveStage(stage, hosts, servers)
    const [first] = hosts as [StageHost]
    if (servers[0]) await createProofSite(first.vhosts, moves.name, moves.name, servers[0])
    else mkdirSync(join(moves.folderOn(first), 'SITE'), { recursive: true })
    claim(moves.folderOn(first), first)
    await moves.write('one', first)
    for (const host of hosts) await moves.night(host)
    return moves
  }

  /** A whole night, which also leaves what the host can run. */
  async night(host: StageHost): Promise<void> {
    const { code, stdout, stderr } = await this.stage.nightly(host)
    assert.equal(code, 0, stdout + stderr)
  }

  folderOn(host: StageHost): string {
    return join(host.vhosts, this.name)
  }

  #wordpressOn(host: StageHost): ProofSite | undefined {
    const folder = this.folderOn(host)
    const mariadb = this.#servers[this.hosts.indexOf(host)]
    return mariadb && { name: this.name, database: this.name, folder, root: join(folder, 'SITE'), mariadb }
  }

  /** Somebody writes a word into the site, and into its database. */
  async write(word: string, host: StageHost): Promise<void> {
    const site = this.#wordpressOn(host)
    if (site) await setVersion(site, word)
    else writeFileSync(join(this.folderOn(host), 'SITE', 'version.txt'), word)
  }

  /** The words that a host has of it. */
  async read(host: StageHost): Promise<string> {
    const file = readFileSync(join(this.folderOn(host), 'SITE', 'version.txt'), 'utf8').trim()
    const site = this.#wordpressOn(host)
    if (!site) return file
    const row = await site.mariadb.query("SELECT option_value FROM wp_options WHERE option_name = 'version'", site.database)
    return `${file} ${row.trim()}`
  }

  /** Runs a task of a host for the site to its end. */
  async run(
    task: Task,
    host: StageHost,
    words: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    node: readonly string[] = [],
  ) {
    const script = join(import.meta.dirname, `../../tasks/${task}.ts`)
    const site = task === 'boot' ? [] : ['--site', this.name]
    const all = [...node, script, '--host', host.name, '--inventory', join(this.stage.folder, 'hosts'), ...site, ...words]
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const closed = new Promise<[number | null, string | null]>(resolve => child.on('close', (...how) => resolve(how)))
    const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
    return { code, signal, stdout, stderr } satisfies Ended
  }

  /** The same, which must go well. */
  async must(task: Task, host: StageHost, words: readonly string[] = []): Promise<string> {
    const { code, stdout, stderr } = await this.run(task, host, words)
    assert.equal(code, 0, `${host.name} ${task} ${words.join(' ')}:\n${stdout}\n${stderr}`)
    return stdout
  }

  /** Hands the site over, with nobody to ask. */
  handover(from: StageHost, to: StageHost, words: readonly string[] = []): Promise<string> {
    return this.must('handover', from, ['--to', to.name, '--stopped', '--yes', ...words])
  }

  /** Runs a task up to one of its points, where its host loses its power, or the archive is gone until its end. Gives which point that was. */
  async cut(task: Task, host: StageHost, words: readonly string[], at: number, what: 'power' | 'archive') {
    const met = join(this.stage.folder, 'met')
    rmSync(met, { force: true })
    const { archive } = this.stage
    const cut: Cut = { at, met, ...(what === 'archive' ? { archive } : {}) }
    const preload = ['--import', join(import.meta.dirname, 'cut-at.ts')]
    const ended = await this.run(task, host, words, { HOLDFAST_CUT: JSON.stringify(cut) }, preload)
    if (existsSync(`${archive}-away`)) renameSync(`${archive}-away`, archive)
    return { ...ended, point: existsSync(met) ? readFileSync(met, 'utf8').trim() : undefined }
  }

  /** At how many points a task could be cut off, which runs to its end. */
  async countPoints(task: Task, host: StageHost, words: readonly string[]): Promise<number> {
    const { code, stdout, point } = await this.cut(task, host, words, 0, 'power')
    assert.equal(code, 0, stdout)
    return Number(point)
  }

  /**
   * The hosts on which a visitor could write to the site: those that own it by the marker there or by its epoch, but for one that stopped it to hand it
   * over: no web server is there that could say so.
   */
  writers(): string[] {
    const owner = this.#epochOwner()
    const owns = (host: StageHost): boolean => this.#marked(this.folderOn(host)) === host.name || owner === host.name
    const isStopped = (host: StageHost): boolean => readRecord(hostIn(host.folder), this.name).handover !== undefined
    return this.hosts.filter(host => owns(host) && !isStopped(host)).map(({ name }) => name)
  }

  #epochOwner(): string | undefined {
    const folder = join(this.stage.archive, this.name)
    const epochs = readdirSync(folder).filter(name => name.startsWith(EPOCH))
    const [last] = epochs.toSorted((a, b) => Number(b.slice(EPOCH.length)) - Number(a.slice(EPOCH.length)))
    return last === undefined ? this.ownerInArchive() : readdirSync(join(folder, last))[0]
  }

  /** The owner that the markers of a folder name, if one. */
  #marked(folder: string): string | undefined {
    const claims = existsSync(folder) ? claimsIn(readdirSync(folder)) : []
    return claims.length === 1 ? claims[0] : undefined
  }

  /** Whose the archive is by its marker. */
  ownerInArchive(): string | undefined {
    return this.#marked(join(this.stage.archive, this.name))
  }

  /** The hosts on which the site is marked as their own. */
  owners(): string[] {
    return this.hosts.filter(host => this.#marked(this.folderOn(host)) === host.name).map(({ name }) => name)
  }
}
