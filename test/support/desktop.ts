import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Outcome } from '../../lib/core/outcome.ts'
import type { HostFile } from '../../lib/inventory/schema.ts'
import { faketime } from './faketime.ts'
import { fieldsIn } from './host.ts'

const TASK = join(import.meta.dirname, '../../tasks/desktop.ts')

/** How a run of the desktop's task ended, and what its `--json` told. */
export interface Asked {
  readonly code: number | null
  readonly outcomes: readonly Outcome[]
  readonly stderr: string
}

/** A desktop all in one folder; every run of it is a real process. */
export class Desktop {
  readonly folder: string
  /** What is backed up. */
  readonly source: string
  /** Where its sets are. */
  readonly archive: string

  constructor(folder: string, desktop: Partial<NonNullable<HostFile['desktop']>> = {}, fields: Partial<HostFile> = {}) {
    this.folder = folder
    this.source = join(folder, 'home')
    this.archive = join(folder, 'archive', 'pc')
    mkdirSync(join(folder, 'hosts'), { recursive: true })
    mkdirSync(this.source)
    const all = { ...fieldsIn(folder, fields), desktop: { folder: this.source, weekday: 'wednesday', hour: 3, ...desktop } }
    writeFileSync(join(folder, 'hosts', 'pc.json'), JSON.stringify(all))
  }

  /** Writes a file with so many random bytes. */
  fill(name: string, bytes: number): void {
    writeFileSync(join(this.source, name), randomBytes(bytes))
  }

  /** Starts a run; `at` is a simulated time. */
  start(words: readonly string[] = [], at?: number, env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Asked> } {
    const [program, ...rest] = [
      process.execPath,
      TASK,
      '--json',
      '--host',
      'pc',
      '--inventory',
      join(this.folder, 'hosts'),
      ...words,
    ]
    const faked = at === undefined ? { TZ: 'UTC' } : faketime(at)
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...faked, ...env } })
    const closed = new Promise<number | null>(resolve => child.on('close', resolve))
    const ended = Promise.all([text(child.stdout), text(child.stderr), closed])
    return { child, ended: ended.then(([out, stderr, code]) => ({ code, stderr, outcomes: outcomesIn(out) })) }
  }

  /** Runs it to its end. */
  ask(words: readonly string[] = [], at?: number, env: NodeJS.ProcessEnv = {}): Promise<Asked> {
    return this.start(words, at, env).ended
  }

  /** The names in its archive. */
  sets(): string[] {
    try {
      return readdirSync(this.archive)
    } catch {
      return []
    }
  }

  /** The newest log, line by line, without the times. */
  log(): string[] {
    const logs = join(this.folder, 'logs')
    const newest = readdirSync(logs)
      .filter(name => name.startsWith('desktop-'))
      .toSorted()
      .at(-1)!
    return readFileSync(join(logs, newest), 'utf8')
      .split('\n')
      .map(line => line.replace(/^[\d-]{10} [\d:]{8} /, ''))
  }
}

function outcomesIn(printed: string): readonly Outcome[] {
  return printed.startsWith('{') ? (JSON.parse(printed) as { outcomes: Outcome[] }).outcomes : []
}

/** What a run did: `backup`, `tidy` or `none`. */
export function didOf({ outcomes, stderr }: Asked): 'backup' | 'tidy' | 'none' {
  if (outcomes.length === 0) throw new Error(`no outcomes: ${stderr}`)
  const done = (step: string): boolean => outcomes.some(outcome => outcome.step === step && outcome.status === 'done')
  return done('backup') ? 'backup' : done('prune') ? 'tidy' : 'none'
}
