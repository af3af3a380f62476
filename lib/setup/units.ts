import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HOME } from '../program/command-line.ts'
import type { SetupOptions } from './options.ts'

/** Where an administrator's own units are (systemd.unit(5)). */
const FOLDER = '/etc/systemd/system'

/**
 * Writes units of systemd, and switches one on where this is the running machine. Those that are there already stay as
 * they are.
 * @param units their texts, by their names
 * @param enable the words that switch it on
 * @returns a line each, for a person, and the command that is left to do
 */
export function writeUnits(
  { root }: SetupOptions,
  units: Readonly<Record<string, string>>,
  enable: readonly string[],
): { readonly lines: readonly string[]; readonly enabled: boolean } {
  const lines = Object.entries(units).map(([name, text]) => writeUnit(join(root, FOLDER, name), join(FOLDER, name), text))
  return { lines, enabled: root === '/' && run(['systemctl', 'daemon-reload']) && run(enable) }
}

function writeUnit(file: string, name: string, text: string): string {
  mkdirSync(dirname(file), { recursive: true })
  if (!existsSync(file)) writeFileSync(file, text, { flag: 'wx' })
  else if (readFileSync(file, 'utf8') !== text)
    return `  ${name} is there already and stays as it is: remove it and run this again for a new one`
  return `  ${name}`
}

const run = ([program = '', ...words]: readonly string[]): boolean =>
  spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0

/** The words that start a task without npx, which a unit's short PATH may lack. */
export function taskWords(task: string, { host, inventory, env, defaults }: SetupOptions): string[] {
  const own = defaults ? [] : ['--host', host, '--inventory', inventory, '--env', env]
  return [join(HOME, 'node_modules/.bin/node'), join(HOME, 'tasks', `${task}.ts`), ...own]
}

/** Words as ExecStart takes them (systemd.service(5), command lines). */
export const execLine = (words: readonly string[]): string => words.map(quoted).join(' ')

const quoted = (word: string): string => `"${word.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
