import type { Shell } from '../engine/shell.ts'
import { recheckArchive, type SiteArchive } from './archive.ts'

/** Names of files that one command takes. */
const AT_ONCE = 200

/** A folder in the archive's that must be new, and files of the archive into it; nothing is written over. */
const MAKE = 'cd "$1" && exec mkdir "$2"'
const MOVE = 'cd "$1" && folder=$2 && shift 2 && exec mv --no-clobber --target-directory="$folder" -- "$@"'

/** The name of such a folder. */
export const asideFolder = (now: number): string =>
  `.holdfast-set-aside-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`

/**
 * Moves files of a site's archive into a folder beside the others, which no listing looks into. Nothing is deleted.
 * @param folder a name as {@link asideFolder} gives; it must be new
 */
export async function moveAside(
  siteArchive: SiteArchive & { readonly folder: string },
  names: readonly string[],
  folder: string,
  shell: Shell,
): Promise<void> {
  await recheckArchive(siteArchive, shell)
  await shell.act`sh -c ${MAKE} set-aside ${siteArchive.folder} ${folder}`
  for (let at = 0; at < names.length; at += AT_ONCE)
    await shell.act`sh -c ${MOVE} set-aside ${siteArchive.folder} ${folder} ${names.slice(at, at + AT_ONCE)}`
}
