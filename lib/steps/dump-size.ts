import { lstatSync } from 'node:fs'
import type { DumpSize } from '../core/tree-size.ts'
import type { Shell } from '../engine/shell.ts'

/** Definitions of tables that are packed, or kept by an unusual engine. */
const ODD = '/^\\) ENGINE=/ && !/^\\) ENGINE=(InnoDB|MyISAM|Aria)[ ;]/ || /COMPRESSED/'

/** How large a dump is, and whether all its tables are kept as usual; undefined where there is none. Whatever speaks of compression counts, but for the rows. */
export async function dumpSizeOf(dump: string, shell: Shell): Promise<DumpSize | undefined> {
  const stat = lstatSync(dump, { throwIfNoEntry: false })
  if (!stat?.isFile()) return undefined
  const script = `LC_ALL=C grep --text --invert-match '^INSERT INTO' "$1" | LC_ALL=C awk "$2"`
  const odd = await shell.with({ onLine: () => {} }).ask(String)`sh -c ${script} dump-size ${dump} ${ODD}`
  return { bytes: stat.size, packed: odd !== '' }
}
