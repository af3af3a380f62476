/** How large a site was when a set of it was made, as is written beside its archive. */
export interface TreeSize {
  /** The time of the set, ms since the epoch. */
  readonly time: number
  /** Files, folders and links, less the exclusions. */
  readonly files: number
  /** Their sizes together, as `stat` gives them. */
  readonly bytes: number
  /** Its database dump, which is one of the files; absent where it has none. */
  readonly dump?: DumpSize
}

/** How large a database dump is, in bytes. */
export interface DumpSize {
  readonly bytes: number
  /** Some of its tables are kept compressed, by another engine than InnoDB, or in a place of their own: they may be far smaller than the dump, or elsewhere. */
  readonly packed: boolean
}

/** The text that keeps such sizes: a line of JSON a set, its time in ISO 8601, UTC. */
export const textOfTreeSizes = (sizes: readonly TreeSize[]): string =>
  sizes.map(({ time, ...rest }) => `${JSON.stringify({ set: new Date(time).toISOString(), ...rest })}\n`).join('')

/** The sizes in such a text. Lines that are damaged are passed over. */
export function treeSizesIn(text: string): readonly TreeSize[] {
  return text
    .split('\n')
    .map(sizeOfLine)
    .filter(size => size !== undefined)
}

function sizeOfLine(line: string): TreeSize | undefined {
  try {
    const { set, files, bytes, dump } = JSON.parse(line) as Record<string, unknown>
    const time = typeof set === 'string' ? Date.parse(set) : Number.NaN
    if (!Number.isFinite(time) || !isCount(files) || !isCount(bytes)) return undefined
    return { time, files, bytes, ...dumpIn(dump) }
  } catch {
    return undefined
  }
}

function dumpIn(value: unknown): Pick<TreeSize, 'dump'> {
  const { bytes, packed } = (value ?? {}) as Record<string, unknown>
  return isCount(bytes) && typeof packed === 'boolean' ? { dump: { bytes, packed } } : {}
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
