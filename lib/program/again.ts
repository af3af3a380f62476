import { resolve } from 'node:path'
import { type CommandPlace, taskCommand } from '../core/task-command.ts'
import { HOME } from './command-line.ts'

/** Options whose values are paths, which mean the same from any folder once they are absolute. */
const PATHS = /^--(inventory|env|into|html)$/
const PLACES = /^--(host|inventory|env)$/
/** What a person who looks into something does without, or names anew. */
const DROPPED = /^--(site|json|verbose|quiet)$/

/** The command that does it again, as a person types it: the same words, the site in question alone, verbosely. */
export function againLine(task: string, words: readonly string[], site: string | undefined): string {
  const kept = optionsIn(words).filter(([option = '']) => !DROPPED.test(option) && !/^-[vq]+$/.test(option))
  const one = site === undefined ? [] : ['--site', site]
  return taskCommand({ folder: HOME, words: [] }, task, ...kept.flat(), ...one, '--verbose')
}

/** Where other commands are typed: with the host, inventory and secrets that these words name. */
export function commandPlaceIn(words: readonly string[]): CommandPlace {
  const places = optionsIn(words).filter(([option = '']) => PLACES.test(option))
  return { folder: HOME, words: places.flat() }
}

/** The options of a command line, each with its value; `--name=value` is taken apart. */
function optionsIn(words: readonly string[]): string[][] {
  const options: string[][] = []
  for (const word of words) {
    const [, name, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? []
    const last = options.at(-1)
    if (name !== undefined && value !== undefined) options.push([name, absolute(name, value)])
    else if (word.startsWith('-') || last === undefined) options.push([word])
    else last.push(absolute(last[0]!, word))
  }
  return options
}

const absolute = (option: string, value: string): string => (PATHS.test(option) ? resolve(value) : value)
