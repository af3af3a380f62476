import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMountPoint } from '../core/mount-table.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold } from '../engine/step.ts'
import type { MountSettings } from '../inventory/schema.ts'
import type { Needs } from './facts.ts'

type Mounted = Needs<'mounted'> & { readonly mountedHere: boolean }

/**
 * The archive's share, mounted for the run only (S8). What was mounted before by somebody else stays mounted; what an interrupted run left
 * mounted is unmounted at the end of this one. Whether it is the right share is for check-mount to prove.
 */
export const archiveMount: Hold<Needs<'host' | 'interrupted'>, Mounted> = {
  name: 'mount',
  title: ({ host }) => (host.archive.kind === 'mount' ? `Mount ${host.archive.mountPoint}` : 'Mount (none needed)'),
  up: async ({ host, interrupted }, shell) => {
    const { archive } = host
    if (archive.kind === 'url') return { mounted: undefined, mountedHere: false }
    if (archive.kind === 'folder') return { mounted: { root: archive.path }, mountedHere: false }
    await takeOffStale(archive, shell.with({ timeout: archive.timeout }))
    const before = isMounted(archive.mountPoint)
    if (before) shell.note(interrupted ? 'info' : 'warning', `${archive.mountPoint} was mounted already`)
    else {
      await mount(archive, shell.with({ timeout: archive.timeout }))
      shell.note('info', `${archive.mountPoint} was mounted by ${archive.by.kind === 'unit' ? archive.by.unit : archive.by.kind}`)
    }
    return { mounted: { root: join(archive.mountPoint, archive.folder) }, mountedHere: !before || interrupted !== undefined }
  },
  down: async ({ host, mountedHere }, shell) => {
    const { archive } = host
    if (archive.kind !== 'mount' || mountedHere === false || !isMounted(archive.mountPoint)) return
    await unmount(archive, shell.with({ timeout: archive.timeout }))
    if (isMounted(archive.mountPoint))
      throw new Error(`${archive.mountPoint} is still mounted after it was unmounted: something else is mounted there too`)
    shell.note('info', `${archive.mountPoint} is offline again`)
  },
}

/**
 * Takes off a mount that nothing stands behind any more: the daemon of a FUSE share died (ENOTCONN), or the server knows it no longer (ESTALE). It
 * would stay until a person came. One that does not answer in time is left: it may yet.
 */
async function takeOffStale(archive: MountSettings, shell: Shell): Promise<void> {
  if (!isMounted(archive.mountPoint)) return
  const why = await shell.ask(() => undefined)`stat --file-system ${archive.mountPoint}`.catch(staleness)
  if (why === undefined) return
  shell.note('warning', `${archive.mountPoint} was mounted already, but nothing is behind it (${why}): mounting it anew`)
  await unmount(archive, shell)
}

function staleness(error: unknown): string | undefined {
  const text = error instanceof CommandFailed ? error.stderr : ''
  return /Transport endpoint is not connected|Stale file handle/.exec(text)?.[0]
}

/** Whether something is mounted there, by the kernel's own table: no server is asked. */
export function isMounted(mountPoint: string): boolean {
  return isMountPoint(readFileSync('/proc/self/mountinfo', 'utf8'), mountPoint)
}

export async function mount({ by, mountPoint }: MountSettings, shell: Shell): Promise<void> {
  if (by.kind === 'unit') await shell.act`systemctl start ${by.unit}`
  else if (by.kind === 'fstab') await shell.act`mount ${mountPoint}`
  else await shell.act`${by.up}`
}

export async function unmount({ by, mountPoint }: MountSettings, shell: Shell): Promise<void> {
  try {
    if (by.kind === 'unit') await shell.act`systemctl stop ${by.unit}`
    else if (by.kind === 'fstab') await shell.act`umount ${mountPoint}`
    else await shell.act`${by.down}`
  } catch (error) {
    // a dead server or a busy folder: take it out of sight at least, so that nothing is reachable through it after the run
    await shell.act`umount --lazy ${mountPoint}`
    throw error
  }
}
