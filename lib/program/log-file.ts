import { appendFileSync, closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DAY } from '../core/age.ts'
import type { RunEvent } from '../core/outcome.ts'
import { cannotWrite } from '../core/wording.ts'
import { makeFolder, writeWhole } from '../host/whole-file.ts'
import { clock, linesOf } from '../report/lines.ts'

/** A run's log (S34), written line by line. What cannot be written is a problem to report: nothing here throws. */
export interface LogFile extends Disposable {
  readonly path: string
  readonly write: (event: RunEvent) => void
  /** Lines between the events: how the run began, how it ended. */
  readonly say: (...lines: readonly string[]) => void
  /** Adds the run's line to the index of all runs. */
  readonly index: (line: string) => void
  /** What first went wrong with it, if something did. */
  readonly problem: () => string | undefined
}

const INDEX = 'index.log'

/** Begins the log of a run and removes those older than `days`. Only its owner may read it. */
export function openLog(folder: string, task: string, now: number, days: number): LogFile {
  const path = join(folder, `${task}-${stampOf(now)}-${process.pid}.log`)
  let problem: string | undefined
  const attempt = <Result>(what: () => Result): Result | undefined => {
    try {
      return what()
    } catch (error) {
      problem ??= `the log ${cannotWrite(path, error).message}`
      return undefined
    }
  }
  const descriptor = attempt(() => begin(folder, path))
  attempt(() => removeOld(folder, now - days * DAY))
  const say = (...lines: readonly string[]): void => {
    if (lines.length > 0 && descriptor !== undefined) attempt(() => writeSync(descriptor, `${lines.join('\n')}\n`))
  }
  return {
    path,
    write: event => say(...linesOf(event)),
    say,
    index: line => attempt(() => addToIndex(folder, `${clock(now)} ${line} ${basename(path)}`, now - days * DAY)),
    problem: () => problem,
    [Symbol.dispose]: () => {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

function begin(folder: string, path: string): number {
  makeFolder(folder)
  return openSync(path, 'a', 0o600)
}

const stampOf = (now: number): string => new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)

function removeOld(folder: string, before: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (/^[a-z-]+-\d{8}T\d{6}-\d+\.log$/.test(name) && statSync(path).mtimeMs < before) rmSync(path, { force: true })
  }
}

/** One line a run, oldest first; lines of runs whose logs are gone go too. */
function addToIndex(folder: string, line: string, before: number): void {
  const path = join(folder, INDEX)
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  const kept = lines.filter(each => !(Date.parse(each.slice(0, 19).replace(' ', 'T')) < before))
  if (kept.length === lines.length) {
    appendFileSync(path, `${line}\n`, { mode: 0o600 })
    return
  }
  writeWhole(path, `${[...kept, line].join('\n')}\n`)
}
