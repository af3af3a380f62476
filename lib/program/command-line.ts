import { realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { EXIT } from '../core/outcome.ts'
import { type CommandPlace, taskCommand } from '../core/task-command.ts'
import { flag, list, type Options, parseOptions, path, text } from './options.ts'

/** Where Holdfast itself is: inventories and `.env` are looked for here, whatever folder it is started from. */
export const HOME = join(import.meta.dirname, '../..')

/** What a task is for its user: its name, one line about it, and the options that it takes besides the common ones. */
export interface Task {
  readonly name: string
  readonly about: string
  /** Further lines of the help, such as examples. */
  readonly help?: string
  /** It asks questions: no live tree is drawn over them. */
  readonly interactive?: boolean
  /** Its own options; one of a common option's name says what that means here. */
  readonly options?: Options
  /** What it finds the sites to be decides its exit code too, and is remembered for the next run and `status`. */
  readonly judges?: boolean
  /** It is asked more often than there is work: the same trouble is mailed once a day. */
  readonly isAskedOften?: boolean
}

/** A task whose recipe begins with facts of its own: they come from its command line. */
export interface TaskWith<Extra extends object> extends Task {
  /** Checks the values of its options and makes facts of them. @throws {BadInput} */
  readonly read: (values: Readonly<Record<string, unknown>>) => Extra
}

/** The common options, checked. */
export interface CommonOptions {
  readonly host: string
  readonly inventory: string
  readonly env: string
  readonly sites: readonly string[]
  readonly dryRun: boolean
  readonly json: boolean
  readonly verbose: boolean
  readonly quiet: boolean
  readonly help: boolean
}

/** The options that every task takes. */
export const COMMON = {
  site: list('NAME', 'only this site; may be given several times'),
  'dry-run': flag('check everything, print what would be done, and change nothing'),
  json: flag('print the outcomes as JSON'),
  verbose: flag('print each step, each command and what it prints', 'v'),
  quiet: flag('print only what needs attention: nothing when all is well', 'q'),
  host: text('NAME', "act as this host (default: this machine's name)"),
  inventory: path('DIR', 'where the inventories are (default: hosts/ of Holdfast)'),
  env: path('FILE', "where the secrets are (default: .env beside the inventory's folder)"),
  help: flag('show this help', 'h'),
} as const satisfies Options

/** The words after the script's own name: zx puts itself before it, plain node does not. */
export function wordsAfterScript(argv: readonly string[]): string[] {
  const isScript = (word: string): boolean => /\.[cm]?[tj]s$/.test(word) && dirname(realOr(resolve(word))).endsWith('/tasks')
  const at = argv.findIndex((word, index) => index > 0 && isScript(word))
  return argv.slice(at < 0 ? 2 : at + 1)
}

/** Ends a task without options before it does anything, when it was given some, or was asked for help. */
export function expectNoWords(name: string, about: string): void {
  const words = wordsAfterScript(process.argv)
  if (words.length === 0) return
  if (words.every(word => ['-h', '--help'].includes(word))) {
    console.log(`npm run ${name}: ${about}`)
    process.exit(EXIT.well)
  }
  console.error(`${name}: found ${words.join(' ')}, wanted no options`)
  process.exit(EXIT.badInput)
}

function realOr(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** The host that is meant, and where its inventory and its secrets are. */
export function placeOf({ host, inventory, env }: Partial<Record<'host' | 'inventory' | 'env', string | undefined>>) {
  const folder = resolve(inventory ?? join(HOME, 'hosts'))
  const machine = hostname().split('.')[0]!
  return { host: host ?? machine, inventory: folder, env: resolve(env ?? join(dirname(folder), '.env')) }
}

/** Reads a task's command line. @throws {BadInput} for what it does not know or cannot make sense of */
export function readCommandLine<Extra extends object>(
  task: Task | TaskWith<Extra>,
  words: readonly string[],
): { common: CommonOptions; extra: Extra } {
  const values = parseOptions(words, { ...task.options, ...COMMON }, `tasks/${task.name}.ts --help`)
  const { site: sites, 'dry-run': dryRun, json, verbose, quiet, help } = values
  const common = { ...placeOf(values), sites, dryRun, json, verbose, quiet, help }
  return { common, extra: !help && 'read' in task ? task.read(values) : ({} as Extra) }
}

const PLACES = /^--(host|inventory|env)$/
/** What a person who looks into something does without, or names anew. */
const DROPPED = /^--(site|json|verbose|quiet)$/

/** The command that does it again, as a person types it: the same words, verbosely, for the site in question alone. */
export function againLine({ name, options }: Task, words: readonly string[], site: string | undefined): string {
  const isKept = (option: string): boolean => !DROPPED.test(option) || (option === '--site' && site === undefined)
  const given = optionsIn(words, { ...options, ...COMMON })
  const kept = given.filter(([option = '']) => isKept(option) && !/^-[vq]+$/.test(option))
  const one = site === undefined ? [] : ['--site', site]
  return taskCommand({ folder: HOME, words: [] }, name, ...kept.flat(), ...one, '--verbose')
}

/** Where other commands are typed: with the host, inventory and secrets that these words name. */
export function commandPlaceIn(words: readonly string[]): CommandPlace {
  const places = optionsIn(words, COMMON).filter(([option = '']) => PLACES.test(option))
  return { folder: HOME, words: places.flat() }
}

/** The options of a command line, each with its value; `--name=value` is taken apart, and paths are absolute. */
function optionsIn(words: readonly string[], declared: Options): string[][] {
  const options: string[][] = []
  const absolute = (option: string, value: string): string => (declared[option.slice(2)]?.isPath ? resolve(value) : value)
  for (const word of words) {
    const [, name, value] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? []
    const last = options.at(-1)
    if (name !== undefined && value !== undefined) options.push([name, absolute(name, value)])
    else if (word.startsWith('-') || last === undefined) options.push([word])
    else last.push(absolute(last[0]!, word))
  }
  return options
}
