import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isMountPoint } from '../core/path.ts'
import { mountTable } from '../engine/kernel.ts'
import type { Host } from '../inventory/schema.ts'

/** Milliseconds for which an archive is looked at: a share's server may be dead. */
export const PATIENCE = 20_000

/** The archive's folder below a machine's root; undefined while it is not mounted, or a URL. */
export function archiveFolder({ archive }: Pick<Host, 'archive'>, root: string): string | undefined {
  if (archive.kind === 'url') return undefined
  if (archive.kind === 'mount' && !isMountPoint(mountTable(), join(root, archive.mountPoint))) return undefined
  const folder = join(root, archive.kind === 'folder' ? archive.path : join(archive.mountPoint, archive.folder))
  return existsSync(folder) ? folder : undefined
}
