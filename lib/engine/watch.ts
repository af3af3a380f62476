import { type Word, wordsOf } from './command.ts'
import { runProcess } from './process.ts'

/**
 * Runs a command beside some work and gives its lines, until the work has ended. What becomes of the command is
 * nobody's business: it only looks.
 * @param words one list, such as `['sh', '-c', script]`
 */
export async function watchWhile<Answer>(
  words: readonly Word[],
  onLine: (line: string) => void,
  work: () => Promise<Answer>,
  stop: AbortSignal,
): Promise<Answer> {
  const end = new AbortController()
  const watching = runProcess(wordsOf(['', ''], [words]), { onLine }, AbortSignal.any([stop, end.signal])).catch(() => {})
  try {
    return await work()
  } finally {
    end.abort(new Error('no longer wanted'))
    await watching
  }
}
