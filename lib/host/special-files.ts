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

/** As many of a kind as are reported. */
export const MOST_SPECIAL = 200

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
