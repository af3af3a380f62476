import { counted, formatBytes } from './wording.ts'

/** Pieces of a site's files, and what they came to when they were compressed. */
export interface Sample {
  readonly pieces: number
  readonly bytes: number
  readonly compressed: number
}

/** How sets are compressed: as duplicity does by itself, not at all, or at a level. */
export type Compression = 'default' | 'none' | number

/** The part of their size above which compressing files is not worth its time. */
const WORTH = 0.95
const LEAST = 64 * 1024

/** Whether the files of a site are worth compressing: photos and archives take four times as long, for nothing. */
export function fittingCompression(sample: Sample | undefined): { readonly compression: Compression; readonly reason: string } {
  if (sample === undefined || sample.bytes < LEAST)
    return { compression: 'default', reason: 'compressed, since too little is known of its files' }
  const { pieces, bytes, compressed } = sample
  const part = compressed / bytes
  const found = `${counted(pieces, 'piece')} of its files, ${formatBytes(bytes)}, come to ${formatBytes(compressed)} (${Math.round(100 * part)} %)`
  return part > WORTH
    ? { compression: 'none', reason: `not compressed: ${found}` }
    : { compression: 'default', reason: `compressed: ${found}` }
}

export interface Sampled {
  readonly path: string
  readonly bytes: number
}

/** A weighted sample by size: a large file is chosen as much oftener as it is larger. Same files, same choice. */
export async function chooseSample(
  files: Iterable<Sampled> | AsyncIterable<Sampled>,
  count: number,
): Promise<readonly Sampled[]> {
  const chosen: { readonly file: Sampled; readonly key: number }[] = []
  let place = 0
  for await (const file of files) {
    place += 1
    if (file.bytes <= 0) continue
    // weighted sampling without a second look at the files: the highest of u^(1/weight) (Efraimidis and Spirakis, 2006)
    const key = Math.log(spread(place)) / file.bytes
    if (chosen.length === count && key <= chosen.at(-1)!.key) continue
    const at = chosen.findIndex(other => other.key < key)
    chosen.splice(at < 0 ? chosen.length : at, 0, { file, key })
    if (chosen.length > count) chosen.pop()
  }
  return chosen.map(({ file }) => file)
}

/** A number between 0 and 1, another for each place, evenly spread: the fractions of the golden ratio. */
const spread = (place: number): number => (place * 0.618_033_988_749_895) % 1 || 1
