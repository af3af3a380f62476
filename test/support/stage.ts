import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Outcome } from '../../lib/core/outcome.ts'
import { siteVerdicts } from '../../lib/core/verdict.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { fieldsIn } from './host.ts'

/** A passphrase such as setup makes. */
export const PASSPHRASE = '0123456789abcdef'.repeat(4)

/** A machine of the stage: a folder with its vhosts, state, logs and so on. */
export interface StageHost {
  readonly name: string
  readonly folder: string
  readonly vhosts: string
}

/** How a run ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

/** What `--json` printed. */
export interface Told extends Ended {
  readonly outcomes: readonly Outcome[]
  readonly exitCode: number
  readonly stoppedBy?: string
  readonly dryRun: boolean
}

/** Some hosts that share one archive, all in one folder; their nightly runs are real processes. */
export class Stage {
  readonly folder: string
  readonly archive: string

  constructor(folder: string) {
    this.folder = folder
    this.archive = join(folder, 'nas')
    mkdirSync(join(folder, 'hosts'), { recursive: true })
    writeFileSync(join(folder, '.env'), `PP=${PASSPHRASE}\n`, { mode: 0o600 })
  }

  /** Adds a machine; without encryption, and with a set of every run, unless its fields say otherwise. */
  addHost(name: string, fields: Partial<HostFile> = {}): StageHost {
    const folder = join(this.folder, name)
    const all = fieldsIn(folder, { archive: { kind: 'folder', path: this.archive }, setAtLeastEvery: '0D', ...fields })
    mkdirSync(all.vhosts!, { recursive: true })
    writeFileSync(join(this.folder, 'hosts', `${name}.json`), JSON.stringify(all))
    return { name, folder, vhosts: all.vhosts! }
  }

  /** Starts the nightly run of a host. */
  start(
    host: StageHost,
    words: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): { child: ChildProcess; ended: Promise<Ended> } {
    const task = join(import.meta.dirname, '../../tasks/nightly.ts')
    const all = [task, '--host', host.name, '--inventory', join(this.folder, 'hosts'), ...words]
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const closed = new Promise<[number | null, string | null]>(resolve => child.on('close', (...how) => resolve(how)))
    const ended = Promise.all([text(child.stdout), text(child.stderr), closed])
    return { child, ended: ended.then(([stdout, stderr, [code, signal]]) => ({ code, signal, stdout, stderr })) }
  }

  /** Runs it to its end. */
  nightly(host: StageHost, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.start(host, words, env).ended
  }

  /** Runs it with `--json` and reads what it printed. @throws when that is no JSON */
  async told(host: StageHost, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Told> {
    const ended = await this.nightly(host, ['--json', ...words], env)
    return { ...ended, ...readJson(ended) }
  }
}

export function readJson(ended: Ended): Pick<Told, 'outcomes' | 'exitCode' | 'dryRun'> {
  try {
    return JSON.parse(ended.stdout)
  } catch {
    throw new Error(`no JSON but (exit code ${ended.code ?? ended.signal}): ${ended.stdout}\n${ended.stderr}`)
  }
}

/** Writes the marker that gives a site to a host. */
export function claim(siteFolder: string, host: StageHost): void {
  writeFileSync(join(siteFolder, `PRIMARY_IS_${host.name}`), '')
}

/** Whether a host's lock file says that nobody holds it. */
export const isUnlocked = (host: StageHost): boolean => readFileSync(join(host.folder, 'state', 'lock'), 'utf8') === ''

/** The verdict on each site that is not well, with what it rests on: `site needs attention: why`. */
export function verdicts({ outcomes }: Pick<Told, 'outcomes'>): string[] {
  const ill = siteVerdicts(outcomes, true).filter(({ verdict }) => verdict !== 'well')
  return ill.map(({ report: { site }, verdict, findings }) => {
    const why = findings.filter(({ level }) => level !== 'remark').map(({ text }) => text)
    return `${site} ${verdict}: ${why.join('; ')}`
  })
}

/** What failed and what has a problem, one line each: `site step: reason`. */
export function troubles({ outcomes }: Pick<Told, 'outcomes'>): string[] {
  const who = (outcome: Outcome) => `${outcome.subject ?? 'run'} ${outcome.step}: `
  return outcomes.flatMap(outcome => [
    ...(outcome.status === 'failed' ? [who(outcome) + outcome.reason] : []),
    ...outcome.notes.filter(note => note.kind === 'problem').map(note => who(outcome) + note.text),
  ])
}
