import { parseLog } from './log.ts'

/**
 * What a backup found in its source: how many files, folders and links, and their sizes in bytes, each as `stat` gives
 * it.
 */
export interface SourceSize {
  readonly files: number
  readonly bytes: number
}

/**
 * The size of the source, from the statistics at the end of a backup's log (statistics.py, the same in 0.8.22 and
 * 3.0.4); undefined when there are none.
 */
export function sourceSizeIn(log: string): SourceSize | undefined {
  const [files, bytes] = numbersIn(log, ['SourceFiles', 'SourceFileSize'])
  return files === undefined || bytes === undefined ? undefined : { files, bytes }
}

/**
 * How many files duplicity could not open, by the same statistics. It does not count those that it could not list, look
 * at or read to the end.
 */
export const errorsIn = (log: string): number => numbersIn(log, ['Errors'])[0] ?? 0

function numbersIn(log: string, names: readonly string[]): (number | undefined)[] {
  const text = parseLog(log).findLast(stanza => stanza.text.includes('[ Backup Statistics ]'))?.text ?? ''
  const found = names.map(name => new RegExp(`^${name} (\\d+)\\b`, 'm').exec(text)?.[1])
  return found.map(number => (number === undefined ? undefined : Number(number)))
}
