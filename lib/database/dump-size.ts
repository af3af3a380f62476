import type { DumpSize } from '../core/set-record.ts'
import type { Shell } from '../engine/shell.ts'
import { dumpsIn, isSqlDump } from '../host/companion.ts'
import { type OpenedDump, openDump, PRINT_DUMP } from './opened-dump.ts'

/**
 * Definitions of tables that are packed, kept by another engine than InnoDB, or in a place of their own; however the
 * words are written.
 */
const ODD =
  '/^\\)/ && !/^\\) ENGINE=InnoDB[ ;]/ || toupper($0) ~ /COMPRESS|(DATA|INDEX) DIRECTORY|TABLESPACE/ { print "odd"; exit }'

/** Whether a dump was read to its end, in bash behind `… | grep …`, which ends with 1 when it found nothing. */
const IS_READ = '[ "${PIPESTATUS[0]}" -eq 0 -a "${PIPESTATUS[1]}" -le 1 ]'

/** Whatever is no row; a line that is odd when the dump cannot be read to its end. */
const DEFINITIONS = `{ ${PRINT_DUMP} | LC_ALL=C grep --text --invert-match "^INSERT INTO"; ${IS_READ} || echo ")"; }`

/**
 * How large the dumps in a site's folder or a restored tree are, and whether all their tables are kept as usual;
 * undefined where there is none. Whatever speaks of compression counts, but for the rows.
 */
export async function dumpSizeOf(
  folder: string,
  shell: Shell,
  names: readonly string[] = dumpsIn(folder),
): Promise<DumpSize | undefined> {
  const sizes: DumpSize[] = []
  for (const name of names.filter(isSqlDump)) {
    using dump = openDump(folder, name)
    if (!dump) continue
    const script = `${DEFINITIONS} | LC_ALL=C awk "$2"`
    const odd = await quiet(dump, shell).ask(String)`bash -c ${script} dump-size ${dump.place.path} ${ODD}`
    sizes.push({ bytes: dump.bytes, packed: odd !== '' })
  }
  if (sizes.length === 0) return undefined
  const all = sizes.map(({ bytes }) => bytes)
  return {
    bytes: all.reduce((sum, bytes) => sum + bytes),
    ...(all.length > 1 && { largest: Math.max(...all) }),
    packed: sizes.some(({ packed }) => packed),
  }
}

/**
 * Counts the rows of each table of a dump, which has one row a line. What WordPress keeps for a while only (transients)
 * does not count: it comes and goes by the thousand.
 */
const COUNT = `{ ${PRINT_DUMP} | LC_ALL=C grep --text --extended-regexp --only-matching "$2"; ${IS_READ} || echo unread; } |
  LC_ALL=C awk -F '\`' '/^unread/ { exit 1 } { rows[$2] += /^INSERT/ && !/transient_$/ } END { for (table in rows) print rows[table], table }'`
const ROW = "^(CREATE TABLE|INSERT INTO) `[^`]*`( VALUES \\([0-9]+,'_(site_)?transient_)?"

/**
 * How many rows each table of the dump in a site's folder or a restored tree has; undefined where there is no dump.
 * @throws when it cannot be read to its end
 */
export async function dumpRowsOf(folder: string, shell: Shell): Promise<ReadonlyMap<string, number> | undefined> {
  using dump = openDump(folder)
  if (!dump) return undefined
  const told = await quiet(dump, shell).ask(String)`bash -c ${COUNT} dump-rows ${dump.place.path} ${ROW}`
  const lines = told.split('\n').map(line => /^(\d+) (.+)$/.exec(line))
  return new Map(lines.filter(line => line !== null).map(([, count, table]) => [table!, Number(count)]))
}

const quiet = ({ place }: OpenedDump, shell: Shell): Shell => shell.with({ onLine: () => {}, opened: [place] })
