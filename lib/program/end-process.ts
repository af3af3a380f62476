import type { Writable } from 'node:stream'

/**
 * Ends the process, once what was written last has gone out, whatever was left behind: a program on a dead mount, or a
 * thread of this process that waits for one, for a FIFO or for a name server. Node would wait for such a thread; the
 * kernel, when another program takes the process over, does not.
 */
export async function endProcess(code: number, last = '', output: Writable = process.stdout): Promise<never> {
  await new Promise(resolve => output.write(last, resolve))
  const isLeft = process.getActiveResourcesInfo().some(kind => /^(FSReq|GetAddrInfo|GetNameInfo)/.test(kind))
  if (isLeft) process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`], {})
  process.exit(code)
}
