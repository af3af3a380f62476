import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'

/** The inode of the tree itself has another time once it was put in its place. */
const OWN = '%y %m %U:%G %i %T@\\0'
const INNER = '%y %m %U:%G %s %i %T@ %C@ %P//%l\\0'
const LIST = `set -o pipefail; export LC_ALL=C
{ find "$1" -maxdepth 0 -printf '${OWN}' && find "$1" -mindepth 1 -printf '${INNER}'; } | sort --zero-terminated | sha256sum`

/**
 * What tells a tree, its companion folder too, from the same one after any change: by kinds, modes, owners, sizes,
 * inodes, links, and times, of which nobody can set that of an inode.
 */
export async function listingOf(tree: string, shell: Shell): Promise<string> {
  const sandbox = { reads: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE'] } as const
  const words = sandboxed(['bash', '-c', LIST, 'listing', tree], sandbox)
  return await shell.with({ onLine: () => {} }).ask(text => text.slice(0, 64))`${words}`
}
