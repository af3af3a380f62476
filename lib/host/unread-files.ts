import { basename, dirname, join } from 'node:path'
import { mountsWithin } from '../core/path.ts'
import { type Skipped, type Unread, unreadOf } from '../core/unread.ts'
import { mountTable } from '../engine/kernel.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import { OpenedFolder } from './opened-folder.ts'
import { sandboxed } from './sandbox.ts'

/** What a backup could not read, by what duplicity said, and mounts whose server is gone, which it takes for empty. */
export async function unreadFiles(
  folder: string,
  skipped: readonly Skipped[],
  counted: number,
  isLeftOut: (path: string) => boolean,
  shell: Shell,
): Promise<Unread> {
  using root = OpenedFolder.open(folder)
  const around = folder === '/' ? '' : folder
  const mounts = await lostMounts(root.real(), path => isLeftOut(around + path), shell)
  const lost = mounts.map(mount => ({ path: around + mount, text: `${around + mount} is a mount whose server is gone` }))
  return unreadOf(folder, [...skipped, ...lost], counted, path => isThere(root, path))
}

/** Which of these files in a folder can be read to their end. @param seconds that each may take */
export async function readableAgain(folder: string, paths: readonly string[], seconds: number, shell: Shell): Promise<string[]> {
  const sandbox = { reads: [folder], noLinks: folder, capabilities: ['CAP_DAC_OVERRIDE'] } as const
  const readable: string[] = []
  for (const path of paths) {
    const words = sandboxed(['sh', '-c', 'exec cat "$1" > /dev/null', 'read', join(folder, path)], sandbox)
    const quiet = shell.with({ onLine: () => {}, timeout: seconds })
    if (await quiet.ask(() => true)`${words}`.catch(unlessFailed)) readable.push(path)
  }
  return readable
}

function unlessFailed(error: unknown): false {
  if (error instanceof CommandFailed) return false
  throw error
}

/** Mounts below a folder that cannot even be looked at, from the folder on, with the slash. */
async function lostMounts(real: string, isLeftOut: (path: string) => boolean, shell: Shell): Promise<string[]> {
  const base = real === '/' ? '' : real
  const mounts = mountsWithin(mountTable(), real).map(mount => mount.slice(base.length))
  const lost: string[] = []
  for (const mount of new Set(mounts)) {
    if (mount.length > 1 && !isLeftOut(mount) && !(await answers(base + mount, shell))) lost.push(mount)
  }
  return lost
}

async function answers(mount: string, shell: Shell): Promise<boolean> {
  try {
    await shell.quick.with({ onLine: () => {} }).ask(String)`stat --format=%F ${mount}`
    return true
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    return !/Transport endpoint is not connected|No such device/.test(error.stderr)
  }
}

function isThere(root: OpenedFolder, path: string): boolean {
  try {
    if (!path.includes('/')) return root.look(path) !== undefined
    using folder = root.folder(dirname(path))
    return folder.look(basename(path)) !== undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
