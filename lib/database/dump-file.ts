import { open } from 'node:fs/promises'

/** How the last line of a finished dump begins (mariadb-dump and mysqldump alike). */
const COMPLETION = /\n-- Dump completed[^\n]*\n$/
/** How a dump of Holdfast's ends. */
export const COMPLETION_LINE = '-- Dump completed\n'
/**
 * MariaDB's dumps of 2024 and later begin with a line that switches clients into a sandbox; older clients stumble over
 * it.
 */
export const SANDBOX_LINE = /^\/\*M?!999999\\- enable the sandbox mode \*\/\s*(?:\n|$)/

/** Whether a line of a dump is that. */
export const isSandboxLine = (line: Buffer): boolean => line[0] === 0x2f && SANDBOX_LINE.test(line.toString('latin1', 0, 60))

/** Whether a dump file is there, holds something, and ends with its completion line. */
export async function isComplete(path: string): Promise<boolean> {
  await using file = await open(path)
  const { size } = await file.stat()
  const tail = Buffer.alloc(Math.min(size, 200))
  await file.read(tail, 0, tail.length, size - tail.length)
  return COMPLETION.test(tail.toString('latin1'))
}
