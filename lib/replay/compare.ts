import { join } from 'node:path'
import { listed } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'

/** What a set brings of each path, and the hashes of the files; duplicity restores neither mode nor time of a link. */
const COMPARE = `set -o pipefail; export LC_ALL=C
list() {
  cd "$1" && { find . -type l -printf '%P: link of %U:%G to %l\\0' -o -type f -printf '%P: %y %m of %U:%G, %T@, %s\\0' -o -printf '%P: %y %m of %U:%G, %T@\\0'
    find . -type f -exec sha256sum --zero {} + | sed --null-data 's|^\\([^ ]*\\) .\\./\\(.*\\)|\\2: \\1|'; } | sort --zero-terminated
}
comm --zero-terminated -3 <(list "$1") <(list "$2") | head --bytes=100000`

/** How two trees differ, in a line for people; undefined where they are the same in all that a set brings. */
export async function differenceOfTrees(one: string, other: string, shell: Shell): Promise<string | undefined> {
  const around = join(one, '..')
  const sandbox = { reads: [around], noLinks: around, capabilities: ['CAP_DAC_OVERRIDE'] } as const
  const words = sandboxed(['bash', '-c', COMPARE, 'compare', one, other], sandbox)
  const text = await shell.with({ onLine: () => {} }).ask(String)`${words}`
  const lines = text.split('\0').filter(line => line.trim() !== '')
  return lines.length === 0 ? undefined : listed(lines.map(line => line.trim()))
}
