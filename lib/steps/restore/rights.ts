import { chmodSync, lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { Shell } from '../../engine/shell.ts'
import { exists } from './brought.ts'

/** A file that runs as its owner or group, or a device; its name without the folder around it. */
interface Special {
  readonly kind: string
  readonly uid: number
  readonly gid: number
  readonly mode: number
  readonly name: string
}

/**
 * Keeps out of a restored tree what could make somebody root, or another user: devices are refused, and files that run as their owner or group do so no more, unless
 * that is the site's own. A site can make such a file by itself: it is no reason to leave it without its restore.
 * @param site a folder with the site's `SITE`, whose owner is the site's
 * @throws when there is a device
 */
export async function settleRights(tree: string, site: string, shell: Shell): Promise<void> {
  const odd = ['(', '-type', 'b', '-o', '-type', 'c', '-o', '-type', 'f', '-perm', '/6000', ')']
  const found = await shell.with({ onLine: () => {} }).ask(text =>
    text
      .split('\0')
      .filter(line => line !== '')
      .map(read),
  )`find ${tree} ${odd} -printf ${'%y %U %G %m %P\\0'}`
  const device = found.find(one => one.kind !== 'f')
  if (device) throw new Error(`the set holds what no site may have, a device: ${device.name}`)
  const owner = exists(join(site, 'SITE')) ? lstatSync(join(site, 'SITE')) : undefined
  for (const { name, mode } of found.filter(one => !mayRun(one, owner))) {
    chmodSync(join(tree, name), mode & ~0o6000)
    shell.note('significant', `${name} would have run as its owner or group: that right is taken off`)
  }
}

function read(line: string): Special {
  const [kind = '', uid, gid, octal = ''] = line.split(' ')
  return { kind, uid: Number(uid), gid: Number(gid), mode: Number.parseInt(octal, 8), name: line.split(' ').slice(4).join(' ') }
}

/** Whether a site may have a file that runs as its owner or group: only those of the site itself, and never root. */
function mayRun({ uid, gid, mode }: Special, site: { readonly uid: number; readonly gid: number } | undefined): boolean {
  const isOwn = (id: number, own: number | undefined): boolean => id === own && own !== 0
  if ((mode & 0o4000) !== 0 && !isOwn(uid, site?.uid)) return false
  // without a right to execute it, the bit of the group means nothing
  return (mode & 0o2000) === 0 || (mode & 0o111) === 0 || isOwn(gid, site?.gid)
}
