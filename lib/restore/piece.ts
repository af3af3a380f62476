import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What a file, link or folder of the system is to hold. */
type Content =
  | { readonly kind: 'file'; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'folder'; readonly entries: Readonly<Record<string, Content>> }

/**
 * A file, link or folder of the system as it is to be, made anew as this user's own: whatever owner, mode or kind a set
 * gives it counts for nothing.
 */
export type Piece = { readonly to: string } & Content

/** Writes a piece at a path where nothing is, in folders of this host's own. */
export function writePiece(path: string, content: Content): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if (content.kind === 'link') symlinkSync(content.target, path)
  if (content.kind === 'file') writeFileSync(path, content.text, { mode: 0o600, flag: 'wx', flush: true })
  if (content.kind === 'folder') {
    mkdirSync(path, { mode: 0o700 })
    for (const [name, each] of Object.entries(content.entries)) writePiece(join(path, name), each)
  }
  // whatever mask this process has
  if (content.kind !== 'link') chmodSync(path, content.kind === 'file' ? content.mode : 0o755)
}
