/** How a process ended. */
export interface Ended {
  readonly exitCode: number | undefined
  /** The signal that ended it, if one did. */
  readonly signal?: string | undefined
  readonly stdout: string
  readonly stderr: string
}

/** A command that ended otherwise than it should. The message holds the end of what it printed. */
export class CommandFailed extends Error {
  readonly program: string
  /** What became of it, to be read after its name: `ended with exit code 3`. */
  readonly how: string
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string

  constructor(program: string, how: string, ended: Ended) {
    const said = lastLines(ended.stderr, 3) || lastLines(ended.stdout, 3)
    super(`${program} ${how}${said === '' ? '' : `: ${said}`}`)
    this.program = program
    this.how = how
    this.exitCode = ended.exitCode
    this.stdout = ended.stdout
    this.stderr = ended.stderr
  }
}

/** A command that printed more than it may. */
export class PrintedTooMuch extends CommandFailed {}

/** A command that did not end in its time. */
export class TimedOut extends CommandFailed {}

/** The last lines of a text that hold something, joined by ` / `. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n').map(line => line.trim())
  return lines
    .filter(line => line !== '')
    .slice(-count)
    .join(' / ')
}
