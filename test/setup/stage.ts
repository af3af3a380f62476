import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { HOME } from '../../lib/program/command-line.ts'
import { makeMachine } from './machine.ts'

const made: string[] = []
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true })
})

/** A machine, a place for its inventory, and programs of our own instead of the real ones, each a line of shell. */
export function stage(files: Readonly<Record<string, string>>, programs: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-setup-'))
  made.push(folder)
  makeMachine(join(folder, 'root'), files)
  mkdirSync(join(folder, 'bin'))
  for (const [name, line] of Object.entries({ duplicity: 'echo duplicity 3.0.4', ...programs }))
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
  const inventory = join(folder, 'hosts')
  const setup = (...args: string[]) => {
    const words = ['tasks/setup.ts', '--root', join(folder, 'root'), '--host', 'web1', '--inventory', inventory, ...args]
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STAGE: folder }
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: HOME, encoding: 'utf8', env, timeout: 60_000 })
    return { status, stdout, stderr }
  }
  return { folder, inventory, env: join(folder, '.env'), setup }
}
