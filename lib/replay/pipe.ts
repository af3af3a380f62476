import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../core/wording.ts'
import type { CommandOptions } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'

/** A command at one end of a pipe. */
export interface PipeEnd {
  readonly words: readonly string[]
  readonly options?: CommandOptions
}

/**
 * Runs two commands at once, the one reading what the other prints.
 * @param folder where the pipe between them is made; nobody else can enter it
 * @returns what the reading one printed
 * @throws with what each of them said when one fails, since either may be why the other did
 */
export async function throughPipe(folder: string, from: PipeEnd, to: PipeEnd, shell: Shell): Promise<string> {
  const path = join(folder, 'pipe')
  const quiet = shell.with({ onLine: () => {} })
  await quiet.ask(String)`mkfifo --mode=600 ${path}`
  await using both = await heldOpen(path)
  const wrote = quiet.with({ ...from.options, stdout: () => both.open('w') }).ask(String)`${from.words}`
  const read = quiet.with({ ...to.options, stdin: () => both.open('r') }).ask(String)`${to.words}`
  const [written, answer] = await Promise.allSettled([wrote.finally(both.let), read.finally(both.let)])
  const failures = [written, answer].flatMap(each => (each.status === 'rejected' ? [messageOf(each.reason)] : []))
  if (answer.status === 'fulfilled' && failures.length === 0) return answer.value
  throw new Error(failures.join('; '))
}

/** A pipe that can be opened at either end without waiting for the other, until both are open or one is given up. */
async function heldOpen(path: string) {
  const holder = await open(path, 'r+')
  let ends = 0
  let held = true
  const letGo = async (): Promise<void> => {
    if (held) await holder.close()
    held = false
  }
  return {
    open: async (flags: 'r' | 'w'): Promise<FileHandle> => {
      const end = await open(path, flags)
      if (++ends === 2) await letGo()
      return end
    },
    let: letGo,
    [Symbol.asyncDispose]: letGo,
  }
}
