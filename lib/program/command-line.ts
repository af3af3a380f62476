import { realpathSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { z } from 'zod'
import { BadInput } from '../core/bad-input.ts'
import { EXIT } from '../core/outcome.ts'

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
  readonly options?: ParseArgsOptionsConfig
  /** Lines of the help for these options. */
  readonly optionsHelp?: string
  /** It only looks: no mail, no hooks, no pings, no metrics for it. */
  readonly looksOnly?: boolean
}

/** A task whose recipe begins with facts of its own: they come from its command line. */
export interface TaskWith<Extra extends object> extends Task {
  /** Checks the values of its own options and makes facts of them. @throws {BadInput} */
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
  readonly help: boolean
}

const COMMON = {
  host: { type: 'string' },
  inventory: { type: 'string' },
  env: { type: 'string' },
  site: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig

const COMMON_HELP = `  --site NAME       only this site; may be given several times
  --dry-run         look at everything, describe what would be done, do nothing
  --json            print the outcomes as JSON
  -v, --verbose     print each command and what it prints
  --host NAME       act as this host (default: this machine's name)
  --inventory DIR   where the inventories are (default: hosts/ of Holdfast)
  --env FILE        where the secrets are (default: .env beside the inventory's folder)
  -h, --help        this page`

const text = z.string().min(1)

/** The words after the script's own name: zx puts itself before it, plain node does not. */
export function wordsAfterScript(argv: readonly string[]): string[] {
  const isScript = (word: string): boolean => /\.[cm]?[tj]s$/.test(word) && dirname(realOr(resolve(word))).endsWith('/tasks')
  const at = argv.findIndex((word, index) => index > 0 && isScript(word))
  return argv.slice(at < 0 ? 2 : at + 1)
}

/** Ends a task that has no options when it was given some, or says what it does when it was asked: before it does anything. */
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

/**
 * Reads a task's command line.
 * @throws {BadInput} for an unknown option, a value that is missing or makes no sense, or a word that is no option
 */
export function readCommandLine<Extra extends object>(
  task: Task | TaskWith<Extra>,
  words: string[],
): { common: CommonOptions; extra: Extra } {
  const values = parse(words, { ...COMMON, ...task.options }, task.name)
  const given = (name: string): string | undefined => (values[name] === undefined ? undefined : checked(name, values[name]))
  const inventory = resolve(given('inventory') ?? join(HOME, 'hosts'))
  const common = {
    host: given('host') ?? hostname().split('.')[0]!,
    inventory,
    env: resolve(given('env') ?? join(dirname(inventory), '.env')),
    sites: ((values.site as string[] | undefined) ?? []).map(site => checked('site', site)),
    dryRun: values['dry-run'] === true,
    json: values.json === true,
    verbose: values.verbose === true,
    help: values.help === true,
  }
  return { common, extra: !common.help && 'read' in task ? task.read(values) : ({} as Extra) }
}

function parse(words: string[], options: ParseArgsOptionsConfig, task: string): Record<string, unknown> {
  try {
    return parseArgs({ args: words, options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\.\s/)
    throw new BadInput(`${first}; tasks/${task}.ts --help lists the options`)
  }
}

function checked(name: string, value: unknown): string {
  const parsed = text.safeParse(value)
  if (!parsed.success) throw new BadInput(`--${name}: found nothing, wanted a text`)
  return parsed.data
}

/** The help of a task. */
export function helpOf(task: Task): string {
  const own = task.optionsHelp === undefined ? '' : `${task.optionsHelp}\n`
  // a task that has more to say of a common option says it instead
  const common = COMMON_HELP.split('\n').filter(line => !own.includes(`${line.trimStart().split(' ')[0]} `))
  const more = task.help === undefined ? '' : `\n${task.help}\n`
  return `${task.about}\n\nUsage: npx zx tasks/${task.name}.ts [options]\n\n${own}${common.join('\n')}\n${more}
Exit codes: 0 all well · 1 something failed, be it the mail, a hook or a ping · 2 bad input, nothing was touched · 75 another run holds the lock · 129, 130, 143 stopped by a signal`
}
