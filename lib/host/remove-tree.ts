import type { Shell } from '../engine/shell.ts'
import type { OpenedFolder } from './opened-folder.ts'

/**
 * Removes what has a name in a folder, with all that is in it, if it is there: by rm(1), which goes down by descriptors, follows no link that somebody makes meanwhile, and reaches any depth.
 * Mounts in it are left alone.
 */
export async function removeTree(folder: OpenedFolder, name: string, shell: Shell): Promise<void> {
  await shell.with({ onLine: () => {}, opened: [folder] }).act`rm --recursive --force --one-file-system ${folder.at(name)}`
}
