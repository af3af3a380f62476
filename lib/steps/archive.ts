import { join } from 'node:path'
import { fullBackupsIn } from '../core/backup-plan.ts'
import { isMountPoint } from '../core/path.ts'
import { mountTable } from '../engine/kernel.ts'
import { CommandFailed, TimedOut } from '../engine/process.ts'
import { endSessions } from '../engine/session.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Hold, Step } from '../engine/step.ts'
import { giveBack, isRun, type Shared, takeLease } from '../host/locks.ts'
import { readLimits } from '../host/site.ts'
import { startUnit } from '../host/unit.ts'
import type { ArchiveSettings, Host, MountSettings } from '../inventory/schema.ts'
import { type Archive, freeBytes, isFull } from '../store/archive.ts'
import { checkAccess, checkFolder, checkIdentity, knowIdentity, noteUnmarked, placeOf, shareOf } from '../store/archive-check.ts'
import type { Facts, Needs } from '../store/facts.ts'
import { ShareFiles } from '../store/share-files.ts'
import { endShareProcess } from '../store/share-process.ts'
import { check, machineHash, takeOver, type Writer } from '../store/writer.ts'

type Mounted = Needs<'mounted'> & { readonly mountLease: boolean }

/**
 * The archive's share, mounted for as long as a program of this host holds a lease of it (S8; see locks.ts): a run and
 * a look do not unmount it under each other, and what a killed one left mounted goes with the next. What was mounted
 * before by somebody else stays mounted. Whether it is the right share is for check-mount to prove.
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
    await Promise.all([endShareProcess(), endSessions()])
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
 * Why nothing is behind a mount: the daemon of a FUSE share died (ENOTCONN), or the server knows it no longer (ESTALE).
 * One that does not answer in time is none: it may yet.
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
  return isMountPoint(mountTable(), mountPoint)
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

/**
 * A start that did not end in its time goes on in systemd, and would mount the share long after the run, once its
 * server is back.
 */
async function giveUpMounting({ by }: MountSettings, shell: Shell): Promise<void> {
  if (by.kind === 'unit') await shell.with({ allow: [NOT_LOADED] }).act`systemctl stop ${by.unit}`
}

async function unmount({ by, mountPoint }: MountSettings, shell: Shell): Promise<void> {
  try {
    if (by.kind === 'unit') await shell.act`systemctl stop ${by.unit}`
    else if (by.kind === 'fstab') await shell.act`umount ${mountPoint}`
    else await shell.act`${by.down}`
  } catch (error) {
    // a dead server or a busy folder: take it out of sight at least, so that nothing is reachable through it after the
    // run
    await shell.act`umount --lazy ${mountPoint}`
    throw error
  }
}

/**
 * Proves that what is mounted is the archive: a mount of another device than the folder around it, as the inventory
 * describes it, with the identity that is known for it, and writable (S9). Every look is a process with a time limit,
 * which a dead server cannot hold up.
 */
export const checkMount: Step<Needs<'host' | 'request' | 'mounted'>, Needs<'archive'>> = {
  name: 'check-mount',
  title: 'Check the archive',
  run: async ({ host, request, mounted }, shell) => {
    if (host.archive.kind === 'url') {
      return { archive: { kind: 'url', base: host.archive.url, options: host.archive.options } as unknown as Archive }
    }
    const root = mounted!.root
    const { look } = host.deadlines
    const quick = shell.with({ timeout: host.archive.kind === 'mount' ? Math.min(look, host.archive.timeout) : look })
    const share = shareOf(host, host.archive, root, quick)
    await checkFolder(share)
    const { isThere, identity } = await checkIdentity(share)
    const place = { ...placeOf(host.archive), identity }
    if (!isThere && request.dryRun)
      return { archive: { kind: 'folder', root, place: placeOf(host.archive) } as unknown as Archive }
    await checkAccess(share)
    return { archive: { kind: 'folder', root, place } as unknown as Archive }
  },
}

/**
 * The same proof for a look: the archive is the one that the inventory describes and this host knows, but nothing is
 * written to it, and none is begun.
 */
export const lookAtArchive: Step<Needs<'host' | 'mounted'>, Needs<'archive'>> = {
  name: 'look-at-archive',
  title: 'Check the archive, read-only',
  run: async ({ host, mounted }, shell) => {
    if (host.archive.kind === 'url')
      return { archive: { kind: 'url', base: host.archive.url, options: host.archive.options } as unknown as Archive }
    const root = mounted!.root
    const share = shareOf(host, host.archive, root, shell.quick)
    await checkFolder(share)
    const { isThere, identity } = await knowIdentity(share)
    if (!isThere) await noteUnmarked(share)
    return { archive: { kind: 'folder', root, place: { ...placeOf(host.archive), identity } } as unknown as Archive }
  },
}

/**
 * Looks whether the archive has room for full backups: its free space must be so many times the largest allowance of
 * any site here (S10).
 */
export const checkFreeSpace: Step<Needs<'host' | 'archive' | 'roles'>, Needs<'freeSpace'>> = {
  name: 'free-space',
  title: 'Check disk space',
  run: async ({ host, archive, roles }, shell) => {
    const bytes = await freeBytes(archive, shell)
    const allowances = roles.primaries.map(site => ({ site: site.name, bytes: readLimits(host, site).limits.allowanceBytes }))
    const { problem, ...fullBackups } = fullBackupsIn(bytes, allowances, host.freeSpaceFactor)
    if (problem !== undefined) shell.note('problem', problem)
    else if (bytes !== undefined) shell.note('info', fullBackups.reason)
    return { freeSpace: { bytes, fullBackups } }
  },
}

/** The same for a run that saves sites: what lists them is ready then when the first is looked at. */
export const checkFreeSpaceToSave: typeof checkFreeSpace = {
  ...checkFreeSpace,
  run: async (facts, shell) => {
    if (facts.roles.primaries.length > 0) (await import('../site/tree.ts')).prepareListing(facts.host, shell)
    return await checkFreeSpace.run(facts, shell)
  },
}

/** Applies where a backup needs pruning before it. */
export const isArchiveFull: Condition<Needs<'host' | 'freeSpace'>, object> = ({ host, freeSpace }) =>
  isFull(host, freeSpace) ? {} : 'the archive has room for a volume'

/** A person says that this machine takes the place of the one that wrote under its name before. */
export interface WriterRequest {
  readonly newMachine: boolean
}

/**
 * Makes sure that no other machine writes to the archive under this host's name: a clone of it would, with the same
 * name and memory, and both would destroy the backups of both. Each run leaves another word in the archive; see
 * lib/core/writer.ts. A URL cannot be looked into: nothing is checked there.
 * @throws when another machine writes under the same name
 */
export const checkWriter: Step<Needs<'host' | 'request' | 'archive'> & WriterRequest, Needs<'writer'>> = {
  name: 'writer',
  title: ({ host }) => `Check that no other machine writes as ${host.name}`,
  run: async ({ host, request, archive, newMachine }, shell) => {
    const again = request.command(host.desktop ? 'desktop' : 'nightly', '--new-machine')
    if (archive.kind === 'folder' && archive.place?.identity !== undefined) {
      const files = new ShareFiles(archive.place, shell.quick)
      const folder = `.holdfast-writer-${host.name}`
      const place = { host, files, folder, identity: archive.place.identity, machine: machineHash(), again }
      if (newMachine && !request.dryRun) await takeOver(place, shell)
      else await check(place, request.dryRun, shell)
    }
    return { writer: {} as Writer }
  },
}
