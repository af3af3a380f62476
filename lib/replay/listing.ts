import { join } from 'node:path'
import type { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'

/** The inode of the tree itself has another time once it was put in its place. */
const OWN = '%y %m %U:%G %i %T@\\0'
const INNER = '%y %m %U:%G %s %i %T@ %C@ %P//%l\\0'
const LIST = `set -o pipefail; export LC_ALL=C
list() {
  { find "$1" -maxdepth 0 -printf '${OWN}' && find "$1" -mindepth 1 -printf '${INNER}'; } | sort --zero-terminated | sha256sum
}`

/**
 * What tells a tree, its companion folder too, from the same one after any change: by kinds, modes, owners, sizes,
 * inodes, links, and times, of which nobody can set that of an inode.
 */
export async function listingOf(tree: string, shell: Shell): Promise<string> {
  const sandbox = { reads: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE'] } as const
  const words = sandboxed(['bash', '-c', `${LIST}; list "$1"`, 'listing', tree], sandbox)
  return await shell.with({ onLine: () => {} }).ask(text => text.slice(0, 64))`${words}`
}

/** What a set does not bring is not copied either: attributes beyond the mode, and that two names are one file. */
const COPY = `${LIST}
is_same() { [ "$(list "$1")" = "$3  -" ] || exit 9; }
is_same "$@"
cp --recursive --no-dereference --preserve=mode,ownership,timestamps --reflink=auto --no-target-directory "$1" "$2" || exit
is_same "$@"`

const CHANGED = 9

/**
 * Copies a tree that has this listing still, and has it afterwards.
 * @throws when it was changed, also while it was copied
 */
export async function copyListed(tree: string, listing: string, into: string, shell: Shell): Promise<void> {
  const capabilities = ['CAP_CHOWN', 'CAP_FOWNER', 'CAP_FSETID', 'CAP_DAC_OVERRIDE'] as const
  const sandbox = { reads: [tree], writes: [join(into, '..')], noLinks: tree, capabilities }
  const words = sandboxed(['bash', '-c', COPY, 'copy', tree, into, listing], sandbox)
  const explain = (failure: CommandFailed): Error | undefined =>
    failure.exitCode === CHANGED ? new Error('files were changed here since the last replay') : undefined
  await shell.with({ explain }).act`${words}`
}
