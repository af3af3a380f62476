/**
 * What is known of one file of an archive. It was written down when its set was made, and is trusted more than what
 * lies in the archive.
 */
export interface KnownFile {
  /** Absent where only the manifest of its set told of it. */
  readonly bytes?: number | undefined
  /** In hex: of a volume, as its manifest has it. */
  readonly sha1?: string | undefined
  /** In hex: of a manifest or signatures, once they were read back. */
  readonly sha256?: string | undefined
}

/** What this host remembers of it besides. Times in ms since the epoch. */
export interface AuditedFile extends KnownFile {
  /** When it was last read. */
  readonly readAt?: number | undefined
  /** What this host's copy of it was like when it was the same: one that was made later proves nothing. */
  readonly copy?: string | undefined
  /** What was found then that is not as it should be: one sentence. */
  readonly wrong?: string | undefined
  /** When it was last written, by the archive's clock, as it was then: it may be brought back. */
  readonly wrongSince?: number | undefined
}

/** Files by their names. */
export type KnownFiles = Readonly<Record<string, KnownFile>>
export type AuditedFiles = Readonly<Record<string, AuditedFile>>
