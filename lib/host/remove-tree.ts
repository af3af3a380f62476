import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { OpenedFolder } from './opened-folder.ts'
import { makeChangeable } from './special-files.ts'

/**
 * Removes what has a name in a folder, with all that is in it, if it is there: by rm(1), which goes down by
 * descriptors, follows no link that somebody makes meanwhile, and reaches any depth. Mounts in it are left alone; what
 * nobody may change is made changeable first.
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
