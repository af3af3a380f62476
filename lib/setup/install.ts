import { spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline/promises'
import type { Checked } from './programs.ts'

/** The words that install what is missing; undefined where no package has it. */
export function installWords(missing: readonly Checked[]): string[] | undefined {
  const packages = [...new Set(missing.flatMap(each => each.package ?? []))].toSorted()
  return packages.length === 0 ? undefined : ['apt-get', 'install', '--no-install-recommends', ...packages]
}

/** The other commands that help with what is missing. */
export const remedies = (missing: readonly Checked[]): readonly (readonly string[])[] =>
  missing.flatMap(({ remedy }) => (remedy ? [remedy] : []))

/** Whether to install: `--yes` says so, a terminal asks, anything else does not. */
export async function mayInstall(yes: boolean): Promise<boolean> {
  if (yes) return true
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Install them now? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

/** Installs packages, and prints what the package manager prints. Gives whether it went well. */
export function install(words: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const [program = '', command = '', ...rest] = words
  return spawnSync(program, [command, '--yes', ...rest], { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0
}
