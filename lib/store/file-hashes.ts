import { join } from 'node:path'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'
import { timeToRead } from './metadata.ts'

/** A file of the archive that is to be hashed. */
export interface ToHash {
  readonly name: string
  readonly bytes: number
  readonly kind: 'sha1' | 'sha256'
}

/** Its hash in hex, or why there is none. */
export interface Hashed {
  readonly name: string
  readonly hash: string | undefined
  readonly said: string
}

/**
 * From the server, and not from what this machine has in memory of writing it; no link is followed, and no pipe waited
 * for.
 */
const HASH = `
set -o pipefail
while [ $# -gt 0 ]; do
  dd if="$2" iflag=nofollow,nocache count=0 status=none 2>/dev/null
  sum=$(dd if="$2" iflag=nofollow,nonblock bs=256k status=none 2>/tmp/said | "$1sum")
  printf '%s %s %s\\n' "$?" "\${sum%% *}" "$(tail -n 1 /tmp/said)"
  shift 2
done`

/** Hashes files of an archive's folder, all in one process: a dead server would hang this one. */
export async function hashFiles(folder: string, files: readonly ToHash[], shell: Shell): Promise<readonly Hashed[]> {
  if (files.length === 0) return []
  const pairs = files.flatMap(({ kind, name }) => [kind, join(folder, name)])
  const words = sandboxed(['bash', '-c', HASH, 'hash', ...pairs], { reads: [folder], capabilities: ['CAP_DAC_OVERRIDE'] })
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const lines = await shell.with({ timeout: timeToRead(bytes), onLine: () => {} }).ask(text => text.split('\n'))`${words}`
  return files.map(({ name }, at) => {
    const [ended, hash, ...said] = (lines[at] ?? '').split(' ')
    return { name, hash: ended === '0' ? hash : undefined, said: said.join(' ') }
  })
}
