import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/**
 * Starts a script of node that attacks as `nobody`, where the tests are root's. Its program is opened for that user, who
 * may not get to it: a clone can lie in root's home.
 */
export function startAsNobody(
  script: string,
  words: readonly string[],
  options: { readonly cwd?: string } = {},
): ChildProcessByStdio<Writable, Readable, null> {
  const program = openSync(process.execPath, 'r')
  try {
    const stdio: ['pipe', 'pipe', 'inherit', number] = ['pipe', 'pipe', 'inherit', program]
    return spawn('/proc/self/fd/3', ['-e', script, ...words], { ...options, stdio, ...NOBODY }) as ChildProcessByStdio<
      Writable,
      Readable,
      null
    >
  } finally {
    closeSync(program)
  }
}
