/** One file of an archive that could be read, and when it last was (ms since the epoch), if ever. */
export interface Auditable {
  readonly site: string
  readonly name: string
  readonly bytes: number
  readonly readAt: number | undefined
  /** It was found to be damaged, and was written since: it may have been repaired. */
  readonly rewritten: boolean
}

/**
 * The files to read tonight, as many as fit into the budget: damaged ones that were written since, those never read,
 * the least recently read. The first and the least recently read are read whatever their size: a volume larger than the
 * budget would never be read again, nor what comes after it.
 */
export function planAudit(files: readonly Auditable[], budgetBytes: number): readonly Auditable[] {
  return nightsOf(files, budgetBytes).next().value ?? []
}

/** In how many nights all of these are read, if nothing is added. Undefined where nothing is read at all. */
export const nightsToReadAll = (files: readonly Auditable[], budgetBytes: number): number | undefined =>
  budgetBytes <= 0 ? undefined : [...nightsOf(files, budgetBytes)].length

function* nightsOf(files: readonly Auditable[], budgetBytes: number): Generator<readonly Auditable[]> {
  if (budgetBytes <= 0) return
  const rank = ({ rewritten, readAt }: Auditable): number => (rewritten ? -1 : (readAt ?? 0))
  const order = files.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
  const known = order.filter(({ readAt, rewritten }) => readAt !== undefined && !rewritten).values()
  const read = new Set<Auditable>()
  for (let next = 0; next < order.length; ) {
    const night: Auditable[] = []
    const leastRecent = known.find(file => !read.has(file))
    let sum = 0
    for (; next < order.length; next++) {
      const file = order[next]!
      if (read.has(file)) continue
      sum += file.bytes
      if (night.length > 0 && sum > budgetBytes) break
      night.push(file)
      read.add(file)
    }
    if (leastRecent && !read.has(leastRecent)) night.push(leastRecent)
    for (const file of night) read.add(file)
    if (night.length > 0) yield night
  }
}

/** Since when everything was read. Undefined where not all of it was yet, or nothing is there. */
export function allReadSince(files: Iterable<Pick<Auditable, 'readAt'>>): number | undefined {
  let since: number | undefined
  for (const { readAt } of files) {
    if (readAt === undefined) return undefined
    since = Math.min(readAt, since ?? readAt)
  }
  return since
}

/** What was written down of a file when its set was made: it is trusted more than what lies in the archive. */
export interface KnownFile {
  /** Absent where only the manifest of its set lists it. */
  readonly bytes?: number | undefined
  /** In hex: of a volume, as its manifest has it. */
  readonly sha1?: string | undefined
  /** In hex: of a manifest or signatures, once they were read back. */
  readonly sha256?: string | undefined
}

/** What this host remembers of it besides. Times in ms since the epoch. */
export interface AuditedFile extends KnownFile {
  readonly readAt?: number | undefined
  /** What this host's copy of it was like when it was the same: one that was made later proves nothing. */
  readonly copy?: string | undefined
  /** What was found then that is not as it should be: one sentence. */
  readonly wrong?: string | undefined
  /** When it was last written, by the archive's clock: it may be repaired later. */
  readonly wrongSince?: number | undefined
}

export type KnownFiles = Readonly<Record<string, KnownFile>>
export type AuditedFiles = Readonly<Record<string, AuditedFile>>
