import { parseLog } from './log.ts'

/** The codes of what duplicity could not list, look at, read, process or left out (log.py, `WarningCode`, the same in 0.8.22 and 3.0.4). It goes on after each, and ends well. */
const SKIPPED: ReadonlySet<number> = new Set([8, 9, 10, 12, 13])

/** What duplicity said of each file that it skipped, one line each: a set, or a restored tree, is without them. */
export function skippedIn(log: string): string[] {
  return parseLog(log)
    .filter(({ keyword, code }) => keyword === 'WARNING' && SKIPPED.has(code))
    .map(({ text }) => text.split('\n')[0]!.trim())
}
