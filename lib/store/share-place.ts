/** Where an archive's folder is, and what proves that it is still there. */
export interface SharePlace {
  /** The folder of the share, as the administrator names it. */
  readonly base: string
  /** The archive's folder below that, or `''`. Others who write to the share can shape it: no part may be a link. */
  readonly way: string
  /** A folder of this machine: what is made in it is its owner's alone. On a share, hosts may be different users. */
  readonly isLocal?: true
  /** What its identity file holds, looked for in the very folder that is worked in; undefined for a new archive. */
  readonly identity?: string | undefined
}

/** The file in the archive's folder that says which archive it is. */
export const IDENTITY = '.holdfast-identity'

/** What is larger is no identity. Bytes. */
export const IDENTITY_LIMIT = 1000
