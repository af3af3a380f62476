import { chmodSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { textIfThere, writeWhole } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'

const SOURCE = join(import.meta.dirname, 'guard.php')

/** The file that PHP reads before those of a guarded site. It stays: a worker of PHP may ask for it while it lives. */
export const guardFile = ({ folder }: NonNullable<Host['webServer']>): string => join(folder, 'holdfast', 'guard.php')

/** Puts it in place, for everybody to read and for root to write, unless it is there. */
export function putGuard(webServer: NonNullable<Host['webServer']>): void {
  const [file, text] = [guardFile(webServer), readFileSync(SOURCE, 'utf8')]
  if (textIfThere(file) === text) return
  writeWhole(file, text, 0o644)
  chmodSync(dirname(file), 0o755)
}
