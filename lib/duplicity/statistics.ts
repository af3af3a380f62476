import { parseLog } from './log.ts'

/** What a backup found in its source: how many files, folders and links, and their sizes in bytes, each as `stat` gives it. */
export interface SourceSize {
  readonly files: number
  readonly bytes: number
}

/** The size of the source, from the statistics at the end of a backup's log (statistics.py, the same in 0.8.22 and 3.0.4); undefined when there are none. */
export function sourceSizeIn(log: string): SourceSize | undefined {
  const text = parseLog(log).findLast(stanza => stanza.text.includes('[ Backup Statistics ]'))?.text ?? ''
  const [files, bytes] = ['SourceFiles', 'SourceFileSize'].map(name => new RegExp(`^${name} (\\d+)\\b`, 'm').exec(text)?.[1])
  return files === undefined || bytes === undefined ? undefined : { files: Number(files), bytes: Number(bytes) }
}
