import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/** Reads which groups began (`+`) and ended (`-`); when nothing can come any more, it kills those that are left. */
const SCRIPT = `left=' '
while read -r sign group; do
  [ $sign = + ] && left="$left$group " || left="\${left%%" $group "*} \${left#*" $group "}"
done
for group in $left; do kill -9 -$group; done`

let guard: Socket | undefined

/** The shell that begins commands: there are many, and bash takes three times as long to start. */
export const SHELL = '/bin/sh'

/** What it begins a command with: it waits for a line at this descriptor, and ends when none can come. */
export const waitAt = (descriptor: number): string => `read -r go <&${descriptor} || exit; exec ${descriptor}<&- `

/**
 * Lets a command that leads a group of processes begin, and has the group killed should this process be killed
 * before that has ended. The kernel alone (PR_SET_PDEATHSIG) kills one of them, and a sandbox that is being made passes
 * that on only once it is whole: its program would run on, and write on into an archive.
 * @param descriptor at which it waits
 */
export function letBegin(command: ChildProcess | undefined, descriptor: number): void {
  guard ??= begin()
  guard.write(`+ ${command?.pid}\n`)
  command?.once('exit', () => guard?.write(`- ${command.pid}\n`))
  const gate = command?.stdio[descriptor] as Socket | undefined
  gate?.on('error', () => {}).end('\n')
}

function begin(): Socket {
  const child: ChildProcess = spawn('/bin/sh', ['-c', SCRIPT], {
    ...{ detached: true, cwd: '/', env: {} },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const input = child.stdin as Socket
  for (const source of [child, input]) source.on('error', () => {})
  child.unref()
  return input.unref()
}
