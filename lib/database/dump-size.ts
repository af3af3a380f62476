import type { DumpSize } from '../core/set-record.ts'
import type { Shell } from '../engine/shell.ts'
import { dumpsIn, isSqlDump } from '../host/companion.ts'
import { contentsOf, type DumpContents, type KnownParts } from './dump-contents.ts'
import { openDump } from './opened-dump.ts'

/**
 * How large the dumps in a site's folder or a restored tree are, and whether all their tables are kept as usual;
 * undefined where there is none.
 * @param isMeant which parts of them
 * @throws when one cannot be read to its end
 */
export async function dumpSizeOf(
  folder: string,
  { stop }: Pick<Shell, 'stop'>,
  names: readonly string[] = dumpsIn(folder),
  known?: KnownParts,
  isMeant: (dump: string, part: string) => boolean = () => true,
): Promise<DumpSize | undefined> {
  const sizes: DumpSize[] = []
  for (const name of names.filter(isSqlDump)) {
    using dump = openDump(folder, name)
    if (!dump) continue
    const { isFolder } = dump
    const files = dump.files.filter(file => isMeant(name, file.name))
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    sizes.push({ bytes, packed: (await contentsOf({ name: dump.name, isFolder, files }, stop, known)).packed })
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
 * What the dump of a site's own database, in its folder or a restored tree, holds; undefined where there is none.
 * @throws when it cannot be read to its end
 */
export async function dumpContentsOf(
  folder: string,
  { stop }: Pick<Shell, 'stop'>,
  known?: KnownParts,
): Promise<DumpContents | undefined> {
  using dump = openDump(folder)
  return dump && (await contentsOf(dump, stop, known))
}
