import { COMMON, type Task } from './command-line.ts'
import { helpLines, type Options, usageOf } from './options.ts'

/** All options of a task, its own first. */
export const optionsOf = ({ options = {} }: Task): Options => ({ ...options, ...COMMON, ...options })

/** The help of a task. */
export function helpOf(task: Task): string {
  const more = task.help === undefined ? '' : `\n${task.help}\n`
  return `${task.about}\n\nUsage: npx zx tasks/${task.name}.ts [options]\n\n${helpLines(optionsOf(task))}\n${more}
Exit codes: 0 all well · 1 something failed or needs attention: a site, but also the mail, a hook or a ping
  2 bad input, nothing was touched · 75 another run holds the lock · 129, 130, 143 stopped by a signal`
}

/** The completion of options for bash, to be sourced: for any command whose words name a task. */
export function bashCompletion(tasks: readonly Task[]): string {
  const cases = tasks.map(task => {
    const options = Object.keys(optionsOf(task)).map(name => `--${name}`)
    return `    *tasks/${task.name}.ts\\ *) options='${options.join(' ')}' ;;`
  })
  return `_holdfast() {
  local options=
  case "\${COMP_WORDS[*]} " in
${cases.join('\n')}
  esac
  case $2 in
    -*) COMPREPLY=($(compgen -W "$options" -- "$2")) ;;
  esac
}
complete -o default -F _holdfast npx zx
`
}

const BEGIN = '<!-- made of the declarations by `npm run schema` -->\n'
const END = '<!-- end -->'

/** A text with a new table of the tasks and their options in place of the one in it. @throws where there is none */
export function withTaskTable(text: string, tasks: readonly Task[]): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`found no ${BEGIN.trim()} before a ${END}`)
  return `${text.slice(0, begin)}${taskTable(tasks)}${text.slice(end + END.length)}`
}

function taskTable(tasks: readonly Task[]): string {
  const rows = tasks.map(({ name, about, options = {} }) => {
    const own = Object.fromEntries(Object.entries(options).filter(([option]) => !(option in COMMON)))
    return `| \`npx zx tasks/${name}.ts\` | ${about} | ${namesOf(own)} |\n`
  })
  const table = ['| task | what it does | its own options |\n| --- | --- | --- |\n', ...rows].join('')
  return `${BEGIN}${table}\nAll of them take ${namesOf(COMMON)}.\n${END}`
}

const namesOf = (options: Options): string =>
  Object.entries(options)
    .map(([name, option]) => `\`${usageOf(name, { ...option, short: undefined })}\``)
    .join(', ')
