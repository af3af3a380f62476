import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMountPoint } from '../core/mount-table.ts'
import { CommandFailed, TimedOut } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold } from '../engine/step.ts'
import { giveBack, isRun, type Shared, takeLease } from '../host/leases.ts'
import { startUnit } from '../host/unit.ts'
import type { ArchiveSettings, Host, MountSettings } from '../inventory/schema.ts'
import type { Facts, Needs } from '../store/facts.ts'
import { endShareProcess } from '../store/share-process.ts'

type Mounted = Needs<'mounted'> & { readonly mountLease: boolean }

/**
 * The archive's share, mounted for as long as a program of this host holds a lease of it (S8; see leases.ts): a run and a look do not unmount it under each other, and what
 * a killed one left mounted goes with the next. What was mounted before by somebody else stays mounted. Whether it is the right share is for check-mount to prove.
 */
export const shareMount: Hold<Needs<'host' | 'vpnLease'>, Mounted> = {
  name: 'mount',
  title: ({ host }) => (host.archive.kind === 'mount' ? `Mount ${host.archive.mountPoint}` : 'Mount (none needed)'),
  up: async (facts, shell) => {
    const { host } = facts
    const { archive } = host
    if (archive.kind !== 'mount') return { mounted: rootOf(archive), mountLease: false }
    const found = await takeLease(sharedMount(host, archive, shell), shell, isRun(facts))
    shell.note(found === 'on' ? 'warning' : 'info', `${archive.mountPoint} ${HOW[found](archive)}`)
    return { mounted: rootOf(archive), mountLease: true }
  },
  down: async ({ host, mountLease }, shell) => {
    const { archive } = host
    await endShareProcess()
    if (archive.kind !== 'mount' || mountLease === false) return
    const left = await giveBack(sharedMount(host, archive, shell), shell)
    if (left === 'leased') shell.note('info', `${archive.mountPoint} stays mounted for another program of Holdfast`)
    if (left !== 'off') return
    if (isMounted(archive.mountPoint))
      throw new Error(`${archive.mountPoint} is still mounted after it was unmounted: something else is mounted there too`)
    shell.note('info', `${archive.mountPoint} is offline again`)
  },
}

/** The same for a run, which mounts nothing before it has its lock: that is what `interrupted` shows. */
export const archiveMount: Hold<Needs<'host' | 'interrupted' | 'vpnLease'>, Mounted> = shareMount

/** The folder that stands for the archive once its share is mounted. */
export function rootOf(archive: ArchiveSettings): Facts['mounted'] {
  if (archive.kind === 'url') return undefined
  return { root: archive.kind === 'folder' ? archive.path : join(archive.mountPoint, archive.folder) }
}

const HOW = {
  off: ({ by }: MountSettings) => `was mounted by ${by.kind === 'unit' ? by.unit : by.kind}`,
  leased: () => 'is mounted, for another program of Holdfast too',
  left: () => 'was left mounted by a run that was killed',
  on: () => 'was mounted already',
}

const sharedMount = (host: Host, archive: MountSettings, shell: Shell): Shared => {
  const timed = shell.with({ timeout: archive.timeout })
  return {
    folder: join(host.paths.run, 'mounts', encodeURIComponent(archive.mountPoint)),
    patience: 3 * archive.timeout, // a look at a stale mount, taking it off, and mounting it anew
    isOn: async () => isMounted(archive.mountPoint) && (await staleness(archive, timed)) === undefined,
    switchOn: async () => {
      if (isMounted(archive.mountPoint)) await takeOffStale(archive, timed)
      await mount(archive, timed)
    },
    switchOff: async () => {
      if (isMounted(archive.mountPoint)) await unmount(archive, timed)
      else await giveUpMounting(archive, timed)
    },
  }
}

/** What systemctl exits with where there is no such unit, which its start has said already. */
const NOT_LOADED = 5

/** Takes off a mount that nothing stands behind any more, which would stay until a person came. */
async function takeOffStale(archive: MountSettings, shell: Shell): Promise<void> {
  shell.note('warning', `${archive.mountPoint} was mounted already, but nothing is behind it: mounting it anew`)
  await unmount(archive, shell).catch(error => {
    if (isMounted(archive.mountPoint)) throw error
  })
}

/**
 * Why nothing is behind a mount: the daemon of a FUSE share died (ENOTCONN), or the server knows it no longer (ESTALE). One that does not answer in time is none: it
 * may yet.
 */
async function staleness({ mountPoint }: MountSettings, shell: Shell): Promise<string | undefined> {
  const why = (error: unknown): string | undefined => {
    const text = error instanceof CommandFailed ? error.stderr : ''
    return /Transport endpoint is not connected|Stale file handle/.exec(text)?.[0]
  }
  return await shell.with({ onLine: () => {} }).ask(() => undefined)`stat --file-system ${mountPoint}`.catch(why)
}

/** Whether something is mounted there, by the kernel's own table: no server is asked. */
export function isMounted(mountPoint: string): boolean {
  return isMountPoint(readFileSync('/proc/self/mountinfo', 'utf8'), mountPoint)
}

async function mount({ by, mountPoint }: MountSettings, shell: Shell): Promise<void> {
  try {
    if (by.kind === 'unit') await startUnit(by.unit, shell)
    else if (by.kind === 'fstab') await shell.act`mount ${mountPoint}`
    else await shell.act`${by.up}`
  } catch (error) {
    if (!(error instanceof TimedOut)) throw error
    throw new Error(`${error.message}: the server of ${mountPoint} does not answer`, { cause: error })
  }
}

/** A start that did not end in its time goes on in systemd, and would mount the share long after the run, once its server is back. */
async function giveUpMounting({ by }: MountSettings, shell: Shell): Promise<void> {
  if (by.kind === 'unit') await shell.with({ allow: [NOT_LOADED] }).act`systemctl stop ${by.unit}`
}

async function unmount({ by, mountPoint }: MountSettings, shell: Shell): Promise<void> {
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
