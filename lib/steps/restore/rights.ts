import { listed } from '../../core/listed.ts'
import type { Shell } from '../../engine/shell.ts'
import { sandboxed } from '../../host/sandbox.ts'

/**
 * Keeps out of a restored tree what could make somebody root, or another user. Devices are refused, and no file runs as its owner or group any more: a set chooses the
 * owner too, so that no owner makes such a file harmless. A site can make one by itself: it is no reason to leave it without its restore.
 * @throws when there is a device
 */
export async function settleRights(tree: string, shell: Shell): Promise<void> {
  const reading = { reads: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE'] } as const
  const find = (...test: string[]): Promise<string[]> =>
    shell.with({ onLine: () => {} }).ask(namesIn)`${sandboxed(['find', tree, ...test, '-printf', '%P\\0'], reading)}`
  const devices = await find('(', '-type', 'b', '-o', '-type', 'c', ')')
  if (devices.length > 0) throw new Error(`the set holds what no site may have, a device: ${listed(devices)}`)
  const programs = await find(...PROGRAMS)
  if (programs.length === 0) return
  const changing = { writes: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE', 'CAP_FOWNER'] } as const
  await shell.act`${sandboxed(['find', tree, ...PROGRAMS, '-exec', 'chmod', 'ug-s', '{}', '+'], changing)}`
  shell.note('significant', `would have run as its owner or group, and does no more: ${listed(programs)}`)
}

/** Files that run as their owner or group. Of a folder, such a right says only whose the files in it are. */
const PROGRAMS = ['-type', 'f', '-perm', '/6000']

const namesIn = (text: string): string[] => text.split('\0').filter(name => name !== '')
