import { lineOf } from '../engine/command.ts'
import { HOME } from './command-line.ts'

/** The command that does it again, as a person types it: the same words, the site in question alone. */
export function againLine(task: string, words: readonly string[], site: string | undefined): string {
  const kept = words.filter((word, index) => !/^--(site(=|$)|json$|verbose$)|^-v$/.test(word) && words[index - 1] !== '--site')
  const chosen = site === undefined ? [] : ['--site', site]
  return `cd ${lineOf([HOME])} && npx zx ${lineOf([`tasks/${task}.ts`, ...kept, ...chosen, '--verbose'])}`
}
