import { messageOf } from '../core/message.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import type { Host } from '../inventory/schema.ts'
import type { FreeSpace, Needs } from './facts.ts'
import { readLimits } from './limits.ts'

/** Looks whether the archive has room for full backups: its free space must be so many times the largest allowance of any site here (S10). */
export const checkFreeSpace: Step<Needs<'host' | 'archive' | 'roles'>, Needs<'freeSpace'>> = {
  name: 'free-space',
  title: 'Check the free space',
  run: async ({ host, archive, roles }, shell) => {
    if (archive.kind === 'url')
      return { freeSpace: { bytes: undefined, fullBackups: { allowed: true, reason: 'a URL does not tell its free space' } } }
    const bytes = await freeBytes(archive.root, shell)
    const largest = Math.max(0, ...roles.primaries.map(site => readLimits(host, site).limits.allowanceBytes))
    const wanted = largest * host.freeSpaceFactor
    const allowed = bytes >= wanted
    const reason = `${megabytes(bytes)} MB free, wanted ${megabytes(wanted)} MB (${host.freeSpaceFactor} times the largest allowance)`
    shell.note(allowed ? 'info' : 'problem', allowed ? reason : `no full backup will start: ${reason}`)
    return { freeSpace: { bytes, fullBackups: { allowed, reason } } }
  },
}

/** The bytes that are free where an archive is, or will be: one that a dry run found to be new is not there yet, and the folder around it has the same room. */
export function freeBytes(root: string, shell: Shell): Promise<number> {
  const script = '[ -d "$1" ] || set -- "${1%/*}"; exec df --block-size=1 --output=avail "$1"'
  return shell.quick.ask(parseFree)`sh -c ${script} free ${root}`
}

/** Whether the archive has no room for even one volume: no backup can be made or resumed there before something has gone. */
export function isFull({ duplicity }: Pick<Host, 'duplicity'>, { bytes }: Pick<FreeSpace, 'bytes'>): boolean {
  return bytes !== undefined && bytes < duplicity.volumeSize * 1e6
}

/** Applies where a backup needs pruning before it. */
export const isArchiveFull: Condition<Needs<'host' | 'freeSpace'>, object> = ({ host, freeSpace }) =>
  isFull(host, freeSpace) ? {} : 'the archive has room for a volume'

/**
 * Looks whether a write to the archive failed because its disk is full: over SSH and some other shares that is an input/output error like any other.
 * @param volumeSize MB of a volume: with less than that free, it is full
 * @throws when it is
 */
export async function assertRoom(folder: string | undefined, volumeSize: number, failure: unknown, shell: Shell): Promise<void> {
  if (folder === undefined) return
  const bytes = await freeBytes(folder, shell.with({ onLine: () => {} })).catch(() => undefined) // the failure says more than that
  if (bytes === undefined || bytes >= volumeSize * 1e6) return
  throw new Error(
    `the disk of the archive is full: ${megabytes(bytes)} MB free, and a volume has ${volumeSize} MB: ${messageOf(failure)}`,
  )
}

const megabytes = (bytes: number): number => Math.floor(bytes / 1e6)

function parseFree(output: string): number {
  const bytes = Number(output.trim().split('\n').at(-1))
  if (!Number.isFinite(bytes)) throw new Error(`df gave no number: ${output.trim()}`)
  return bytes
}
