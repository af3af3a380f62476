import { optionsOf, type Task } from './command-line.ts'

/**
 * The completion of all tasks' options for bash, to be sourced: of any command whose words name a task, however that is
 * started.
 */
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
