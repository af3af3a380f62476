import { listed } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import { sandboxed } from '../host/sandbox.ts'

/**
 * Keeps out of a restored tree what could make somebody root, or another user. Devices are refused, and no file runs as
 * its owner or group any more: a set chooses the owner too, so that no owner makes such a file harmless. A site can
 * make one by itself: it is no reason to leave it without its restore.
 * @throws when there is a device
 */
export async function clearSetuidBits(tree: string, shell: Shell): Promise<void> {
  const reading = { reads: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE'] } as const
  const wanted = ['-type', 'b', '-o', '-type', 'c', '-o', ...PROGRAMS]
  const find = sandboxed(['find', tree, '(', ...wanted, ')', '-printf', '%y%P\\0'], reading)
  const found = await shell.with({ onLine: () => {} }).ask(text => text.split('\0').slice(0, -1))`${find}`
  const namesOf = (isWanted: (kind: string) => boolean): string[] =>
    found.filter(([kind = '']) => isWanted(kind)).map(name => name.slice(1))
  const devices = namesOf(kind => kind !== 'f')
  if (devices.length > 0) throw new Error(`the set holds what no site may have, a device: ${listed(devices)}`)
  const programs = namesOf(kind => kind === 'f')
  if (programs.length === 0) return
  const changing = { writes: [tree], noLinks: tree, capabilities: ['CAP_DAC_OVERRIDE', 'CAP_FOWNER'] } as const
  await shell.act`${sandboxed(['find', tree, ...PROGRAMS, '-exec', 'chmod', 'ug-s', '{}', '+'], changing)}`
  shell.note('significant', `setuid and setgid bits are cleared: ${listed(programs)}`)
}

/** Files that run as their owner or group. Of a folder, such a right says only whose the files in it are. */
const PROGRAMS = ['-type', 'f', '-perm', '/6000']
