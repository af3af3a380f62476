import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { RunEvent } from './core/event.ts'
import { linesOf } from './report/lines.ts'

/** One run's log file (S34). Every line is written at once: what a killed run did is there. */
export interface LogFile extends Disposable {
  readonly path: string
  readonly write: (event: RunEvent) => void
}

const DAY = 86_400_000

/** Begins the log of a run and removes those older than `days`. Only its owner may read it. */
export function openLog(folder: string, task: string, now: number, days: number): LogFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  removeOld(folder, now - days * DAY)
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)
  const path = join(folder, `${task}-${stamp}-${process.pid}.log`)
  const descriptor = openSync(path, 'a', 0o600)
  return {
    path,
    write: event => {
      const lines = linesOf(event)
      if (lines.length > 0) writeSync(descriptor, `${lines.join('\n')}\n`)
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  }
}

function removeOld(folder: string, before: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (/^[a-z-]+-\d{8}T\d{6}-\d+\.log$/.test(name) && statSync(path).mtimeMs < before) rmSync(path)
  }
}
