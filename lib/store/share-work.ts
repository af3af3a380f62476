import type { FolderStat } from '../core/mount-check.ts'

/** A file of a folder on a share. */
export interface ShareFile {
  readonly name: string
  readonly bytes: number
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number
}

/**
 * What can be asked of the process that works on shares. Paths are relative to the archive's folder; none of their
 * parts may be a link.
 */
export type ShareWork =
  /** What the folder of the share itself is like, and the one around it; null where there is none. */
  | { readonly do: 'stat' }
  /** The first bytes of a file as text, null where there is none. */
  | { readonly do: 'read'; readonly path: string; readonly limit: number }
  /** The files of a folder, null where there is none. */
  | { readonly do: 'list'; readonly path: string }
  /** The names in a folder that begin so; none where there is no such folder. */
  | { readonly do: 'names'; readonly path: string; readonly prefix: string }
  /** The same of every folder in the archive's. */
  | { readonly do: 'names-below'; readonly prefix: string }
  /** Writes a file whole, over what is there. */
  | { readonly do: 'write'; readonly path: string; readonly text: string }
  /** Makes a file unless there is something of that name; gives whether it did. */
  | { readonly do: 'create'; readonly path: string; readonly text: string }
  /** Makes a folder unless it is there. */
  | { readonly do: 'make-folder'; readonly path: string }
  /** Makes a folder with one file in it, at once; gives whether it could. */
  | { readonly do: 'make-folder-with'; readonly path: string; readonly name: string; readonly text: string }
  /** Renames a file within its folder; gives whether it could. */
  | { readonly do: 'rename'; readonly path: string; readonly to: string }
  /** Removes a file or a link itself, if it is there. */
  | { readonly do: 'remove'; readonly path: string }
  /** Writes a file of a name that nobody can foresee, reads it back and removes it. Gives what was read. */
  | { readonly do: 'prove-writable'; readonly prefix: string; readonly text: string }

/** What each kind of work gives. */
export interface ShareAnswers {
  readonly stat: { readonly found: FolderStat; readonly around: FolderStat } | null
  readonly read: string | null
  readonly list: readonly ShareFile[] | null
  readonly names: readonly string[]
  readonly 'names-below': readonly (readonly [folder: string, names: readonly string[]])[]
  readonly write: null
  readonly create: boolean
  readonly 'make-folder': null
  readonly 'make-folder-with': boolean
  readonly rename: boolean
  readonly remove: null
  readonly 'prove-writable': string
}

/** Where an archive's folder is, and what proves that it is still there. */
export interface SharePlace {
  /** The folder of the share, as the administrator names it. */
  readonly base: string
  /**
   * The archive's folder below that, `''` for the share's own: whoever else can write to the share can shape the way to
   * it, so no part of it may be a link.
   */
  readonly way: string
  /**
   * It is a folder of this machine's own, where nobody but its owner is to enter what is made in it. Who may on a share
   * is the server's to say: hosts may be different users there.
   */
  readonly isLocal?: true
  /**
   * What its identity file holds, looked for in the very folder that is then worked in; undefined for an archive that
   * does not exist yet.
   */
  readonly identity?: string | undefined
}

/** One line to the process. */
export interface ShareRequest {
  readonly place: SharePlace
  readonly work: ShareWork
}

/** One line back. */
export type ShareReply =
  | { readonly answer: unknown }
  | { readonly failure: { readonly message: string; readonly code?: string; readonly isGone?: true } }

/** The file in the archive's folder that says which archive it is. */
export const IDENTITY = '.holdfast-identity'

/** What is larger is no identity. Bytes. */
export const IDENTITY_LIMIT = 1000
