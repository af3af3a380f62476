import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** The command of a task that stands in what was printed, the first of those that have these options. @throws when there is none */
export function commandIn(printed: string, task: string, options = ''): string {
  const commands = [...printed.matchAll(/(?:cd (?:'[^']*'|\S)+ && )?npx zx tasks\/(\w+)\.ts[^\n;]*/g)]
  const command = commands.find(([line, name]) => name === task && line.includes(options))?.[0]
  if (command === undefined) throw new Error(`no command of ${task} with "${options}" in: ${printed}`)
  return command.trim()
}

/**
 * Types a command as it was printed into a shell that stands in no folder of Holdfast's.
 * @param answer to the question that it asks on a terminal
 */
export async function typeCommand(command: string, env: NodeJS.ProcessEnv = {}, answer: '--yes' | '' = '') {
  const child = spawn('sh', ['-c', `${command} ${answer}`], {
    ...{ cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...process.env, ...env },
  })
  const closed = new Promise<number | null>(resolve => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout!), text(child.stderr!), closed])
  return { code, stdout, said: stdout + stderr }
}
