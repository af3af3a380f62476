import type { Admin } from './admin.ts'
import { checkImportable } from './importable.ts'
import { LARGEST_PACKET, packetFor, packetOf } from './packets.ts'

const MEGABYTE = 1024 * 1024

/** What of a dump would not come back by an import, or only with other settings of the server: a sentence each. */
export async function importDoubts(dump: string, database: string, admin: Admin): Promise<readonly string[]> {
  const { longest, leftOut } = await checkImportable(dump, database)
  const [wanted, has] = [packetFor(longest), await packetOf(admin)]
  return [
    ...leftOut.map(({ kind, name, why }) => `the ${kind} ${name} cannot be imported: ${why}`),
    ...(wanted > LARGEST_PACKET
      ? [
          `its longest row cannot be imported: it takes ${wanted / MEGABYTE} MB in a dump, and a database server takes 1024 MB at most`,
        ]
      : []),
    ...(wanted > has && wanted <= LARGEST_PACKET
      ? [
          `its longest row needs max_allowed_packet = ${wanted / MEGABYTE}M in the configuration of a database server that imports it by hand; a recovery here raises it meanwhile`,
        ]
      : []),
  ]
}
