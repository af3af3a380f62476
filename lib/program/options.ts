import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { BadInput } from '../core/bad-input.ts'

/** An option, declared once: parsing, help, completion and README's table are made from it. */
export interface Option {
  readonly kind: 'flag' | 'text' | 'list'
  /** What stands for its value: `NAME`, or an example such as `40D`. */
  readonly value?: string
  readonly short?: string | undefined
  /** What it does, in a few words; further lines are set below. */
  readonly help: string
  /** Its value is a path, which means the same from any folder once it is absolute. */
  readonly isPath?: true
}

export type Options = Readonly<Record<string, Option>>

/** The values of a command line, each of the type that its declaration says; a text that was not given is undefined. */
export type Values<Declared extends Options> = {
  readonly [Name in keyof Declared]: Declared[Name] extends { kind: 'flag' }
    ? boolean
    : Declared[Name] extends { kind: 'list' }
      ? readonly string[]
      : string | undefined
}

/** On or off. */
export const flag = (help: string, short?: string) =>
  ({ kind: 'flag', help, ...(short === undefined ? {} : { short }) }) as const satisfies Option
/** With a value, at most once. */
export const text = (value: string, help: string) => ({ kind: 'text', value, help }) as const satisfies Option

/** With a path, at most once. */
export const path = (value: string, help: string) => ({ ...text(value, help), isPath: true }) as const satisfies Option

/** With a value, as often as one likes. */
export const list = (value: string, help: string) => ({ kind: 'list', value, help }) as const satisfies Option

/** Reads a command line. @param help the command that lists the options @throws {BadInput} for what is not one */
export function parseOptions<Declared extends Options>(
  words: readonly string[],
  options: Declared,
  help: string,
): Values<Declared> {
  const given = parse([...words], options, help)
  const values = Object.entries(options).map(([name, { kind, value: wanted }]) => {
    const value = given[name] as string | boolean | string[] | undefined
    if (value === '' || (Array.isArray(value) && value.includes('')))
      throw new BadInput(`--${name}: found nothing, wanted ${wanted}`)
    return [name, value ?? { flag: false, text: undefined, list: [] }[kind]]
  })
  return Object.fromEntries(values) as Values<Declared>
}

function parse(args: string[], options: Options, help: string): Record<string, unknown> {
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([name, { kind, short }]) => [
      name,
      { type: kind === 'flag' ? 'boolean' : 'string', multiple: kind === 'list', ...(short === undefined ? {} : { short }) },
    ]),
  )
  try {
    return parseArgs({ args, options: config, strict: true, allowPositionals: false }).values
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\.\s/)
    throw new BadInput(`${first}; ${help} lists the options`)
  }
}

/** An option as it is typed: `-y, --yes`, `--age 40D`. */
export function usageOf(name: string, { value, short }: Option): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** The lines of a help page for these options. */
export function helpLines(options: Options): string {
  const column = Math.max(17, ...Object.entries(options).map(each => usageOf(...each).length)) + 1
  return Object.entries(options)
    .map(
      ([name, option]) =>
        `${usageOf(name, option).padEnd(column - 1)} ${option.help.replaceAll('\n', `\n${' '.repeat(column + 2)}`)}`,
    )
    .map(line => `  ${line}`)
    .join('\n')
}
