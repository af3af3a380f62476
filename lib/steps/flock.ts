import { open } from 'node:fs/promises'
import type { Shell } from '../engine/shell.ts'

/**
 * Does something while holding the kernel's lock on a file, waiting for it up to so many seconds. The lock goes with the descriptor: when this process dies, it is free.
 * @throws when another holds it longer than that
 */
export async function withFlock<Result>(
  file: string,
  seconds: number,
  shell: Shell,
  work: () => Promise<Result>,
): Promise<Result> {
  await using handle = await open(file, 'a', 0o600)
  const explain = () => new Error(`another program has held ${file} for ${seconds} s`)
  // it gives up by itself, and would be ended only where that file system keeps it waiting
  const waiting = { inherit: [handle.fd], timeout: seconds + 10 }
  await shell.with({ ...waiting, explain: failure => (failure.exitCode === 1 ? explain() : undefined) })
    .act`flock --timeout ${seconds} 3`
  return await work()
}
