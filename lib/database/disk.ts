import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Disk } from '../core/room.ts'
import { diskOf } from '../host/disk.ts'
import type { HostContext } from '../host/site.ts'
import { adminOf } from './admin.ts'

/** Settings of the server that say where a table's rows go, and in which form. MySQL knows the first three. */
const SETTINGS = "'datadir', 'hostname', 'innodb_file_per_table', 'innodb_compression_default'"

/**
 * The disk on which the tables of a new database will be.
 * @returns undefined when nobody can say so: the server does not answer, is a machine of its own (a container that is
 * reached by a port has its own name and folders), or puts all
 *   rows into one file, in which there may be room
 */
export async function databaseDisk({ host, shell }: HostContext): Promise<Disk | undefined> {
  const rows = await adminOf({ host, shell })
    .rows(`SHOW GLOBAL VARIABLES WHERE variable_name IN (${SETTINGS});`)
    .catch(() => undefined) // the import will say why
  const { datadir, hostname: server, ...settings } = Object.fromEntries(rows ?? []) as Record<string, string>
  if (datadir === undefined || server !== hostname() || !existsSync(join(datadir, 'mysql'))) return undefined
  if (settings.innodb_file_per_table !== 'ON') return undefined
  const disk = diskOf(datadir)
  return disk && { ...disk, keepsSize: disk.keepsSize && settings.innodb_compression_default !== 'ON' }
}
