import { join } from 'node:path'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { OpenedFolder } from './opened-folder.ts'
import { sandboxed } from './sandbox.ts'

/** A file that no backup brings back as it is: no content, or marked as unchangeable by the file system. */
export interface SpecialFile {
  readonly kind: 'device' | 'socket' | 'unchangeable'
  /** From the folder on; empty for the folder itself. */
  readonly path: string
}

/** Each is told by its name only, so a line end in one does no harm; of more than these only some are told. */
const LOOK = `find "$1" \\( -type b -o -type c -o -type s \\) -printf '%y %p\\n' 2> /dev/null | head -n 200
lsattr -aR "$1" 2> /dev/null | awk '$1 ~ /^[-A-Za-z]+$/ && $1 ~ /[ai]/ { sub(/^[^ ]+ +/, ""); print "i " $0 }' | head -n 200`

const KINDS: Readonly<Record<string, SpecialFile['kind']>> = { b: 'device', c: 'device', s: 'socket', i: 'unchangeable' }

/** Looks for such files in a folder. */
export async function specialFilesIn(folder: string, shell: Shell): Promise<readonly SpecialFile[]> {
  const words = sandboxed(['sh', '-c', LOOK, 'special', folder], {
    reads: [folder],
    capabilities: ['CAP_DAC_OVERRIDE'],
    noLinks: folder,
  })
  const printed = await shell.with({ onLine: () => {} }).ask(String)`${words}`
  return printed.split('\n').flatMap(line => {
    const kind = KINDS[line.slice(0, 1)]
    const path = line.slice(2)
    const isItself = path === `${folder}/.`
    // lsattr tells of each folder and its parent once more in it
    if (kind === undefined || !path.startsWith(`${folder}/`) || (!isItself && /\/\.\.?$/.test(path))) return []
    return [{ kind, path: isItself ? '' : path.slice(folder.length + 1) }]
  })
}

/** Takes the marks by which nobody may change it (chattr(1)) from a name, with `all` from what is in it too. */
export async function makeChangeable(folder: OpenedFolder, name: string, all: boolean, shell: Shell): Promise<void> {
  const [around, path] = [folder.real(), join(folder.real(), name)]
  const script = all ? 'chattr -R -f -i -a "$1"; true' : 'chattr -f -i -a "$1"; true'
  const words = sandboxed(['sh', '-c', script, 'chattr', path], {
    writes: [around],
    capabilities: ['CAP_LINUX_IMMUTABLE', 'CAP_FOWNER', 'CAP_DAC_OVERRIDE'],
    noLinks: around,
  })
  await shell.with({ onLine: () => {} }).act`${words}`
}

/**
 * Removes what has a name in a folder, if it is there, by rm(1), which follows no link and reaches any depth. Mounts in
 * it are left alone; what nobody may change is made changeable first.
 */
export async function removeTree(folder: OpenedFolder, name: string, shell: Shell): Promise<void> {
  const quiet = shell.with({ onLine: () => {}, opened: [folder] })
  const remove = (): Promise<void> => quiet.act`rm --recursive --force --one-file-system ${folder.at(name)}`
  try {
    await remove()
  } catch (error) {
    if (!(error instanceof CommandFailed) || !error.stderr.includes('Operation not permitted')) throw error
    await makeChangeable(folder, name, true, shell)
    await remove()
  }
}
