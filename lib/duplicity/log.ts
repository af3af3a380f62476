import type { Skipped } from '../core/unread.ts'

/** One message of duplicity's log for machines (`--log-file`; log.py): a keyword, a code, words after it, and text. */
export interface Stanza {
  readonly keyword: string
  readonly code: number
  readonly words: readonly string[]
  readonly text: string
}

/** Reads a log file. Stanzas are parted by empty lines; one that was cut short by a kill is read as far as it goes. */
export function parseLog(text: string): Stanza[] {
  return text
    .split(/\n\n+/)
    .map(parseStanza)
    .filter(stanza => stanza !== undefined)
}

function parseStanza(block: string): Stanza | undefined {
  const [head = '', ...lines] = block.split('\n')
  const match = /^([A-Z]+) (\d+)(?: (.*))?$/.exec(head)
  if (!match) return undefined
  const text = lines.map(line => line.replace(/^\. ?/, '')).join('\n')
  return { keyword: match[1]!, code: Number(match[2]), words: match[3]?.split(' ') ?? [], text: text.trim() }
}

/** Codes of what could not be listed, read or processed (log.py, `WarningCode`): it goes on and ends well. */
const CODES: ReadonlySet<number> = new Set([8, 9, 10, 12, 13])
/** The same where duplicity gives no code of its own (robust.py, diffdir.py, selection.py). */
const WITHOUT_CODE = /^(?:Error listing directory |Error .* getting delta for |Warning: base .* doesn't exist)/s

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

/** How many files, folders and links a backup found in its source, and the sum of their sizes by `stat`. */
export interface SourceSize {
  readonly files: number
  readonly bytes: number
}

/** The size of the source, from the statistics at the end of a backup's log (statistics.py), where there are any. */
export function sourceSizeIn(log: string): SourceSize | undefined {
  const [files, bytes] = numbersIn(log, ['SourceFiles', 'SourceFileSize'])
  return files === undefined || bytes === undefined ? undefined : { files, bytes }
}

/** What of the source's bytes went into the set, before they were compressed, by the same statistics. */
export const changedBytesIn = (log: string): number | undefined => numbersIn(log, ['RawDeltaSize'])[0]

/** How many files duplicity could not open, by the same statistics; not those that it could not list or read whole. */
export const errorsIn = (log: string): number => numbersIn(log, ['Errors'])[0] ?? 0

function numbersIn(log: string, names: readonly string[]): (number | undefined)[] {
  const text = parseLog(log).findLast(stanza => stanza.text.includes('[ Backup Statistics ]'))?.text ?? ''
  const found = names.map(name => new RegExp(`^${name} (\\d+)\\b`, 'm').exec(text)?.[1])
  return found.map(number => (number === undefined ? undefined : Number(number)))
}
