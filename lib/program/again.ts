import { lineOf } from '../engine/command.ts'
import { HOME } from './command-line.ts'

/** The command that does it again, as a person types it: the same words, the site in question alone. */
export function againLine(task: string, words: readonly string[], site: string | undefined): string {
  const kept = words.filter((word, index) => !/^--(site(=|$)|json$|verbose$)|^-v$/.test(word) && words[index - 1] !== '--site')
  return commandLine(task, [...kept, ...(site === undefined ? [] : ['--site', site]), '--verbose'])
}

/** A command for a person to type: another task, or other options, with the same host, inventory and secrets as these words name. */
export function otherLine(words: readonly string[], task: string, options: readonly string[]): string {
  const isPlace = (word: string | undefined): boolean => /^--(host|inventory|env)$/.test(word ?? '')
  const places = words.filter((word, index) => /^--(host|inventory|env)(=|$)/.test(word) || isPlace(words[index - 1]))
  return commandLine(task, [...options, ...places])
}

const commandLine = (task: string, words: readonly string[]): string =>
  `cd ${lineOf([HOME])} && npx zx ${lineOf([`tasks/${task}.ts`, ...words])}`
