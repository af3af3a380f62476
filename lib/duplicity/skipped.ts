import type { Skipped } from '../core/unread.ts'
import { parseLog, type Stanza } from './log.ts'

/**
 * Codes of what could not be listed, looked at, read, processed or was left out (log.py, `WarningCode`, the same in
 * 0.8.22 and 3.0.4). It goes on after each, and ends well.
 */
const CODES: ReadonlySet<number> = new Set([8, 9, 10, 12, 13])
/** The same where duplicity gives no code of its own (robust.py, diffdir.py, selection.py). */
const WITHOUT_CODE = /^(?:Error listing directory |Error .* getting delta for |Warning: base .* doesn't exist)/s

/** How each of its sentences names the path. */
const NAMED: readonly RegExp[] = [
  /^Error (?:accessing possibly locked|initializing) file (.*)$/s,
  /^Error listing directory (.*)$/s,
  /^Error .* getting delta for (.*)$/s,
  /^Error '.*' processing (.*)$/s,
  /^Skipping (.*) because of previous error$/s,
]

/** What duplicity said of each file that it skipped: a set, or a restored tree, is without them. */
export function skippedIn(log: string): Skipped[] {
  return parseLog(log)
    .filter(isOfSkipped)
    .map(({ code, text }) => {
      const isDelta = / getting delta for /.test(text)
      // one that could not even be opened is named from the source on
      const isTorn = / getting delta for \//.test(text)
      return {
        path: NAMED.map(pattern => pattern.exec(text)?.[1]).find(path => path !== undefined) ?? '',
        text: text.replaceAll('\n', ' '),
        isCounted: code === 10 || (isDelta && !isTorn),
        isTorn,
        isDevice: text.startsWith("Error 'Error running ['mknod'"),
      }
    })
}

const isOfSkipped = ({ keyword, code, text }: Stanza): boolean =>
  keyword === 'WARNING' && (CODES.has(code) || (code === 1 && WITHOUT_CODE.test(text)))
