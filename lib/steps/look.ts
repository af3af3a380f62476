import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { parseInterval } from '../core/age.ts'
import { planPrune } from '../core/retention.ts'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold, Many, Step } from '../engine/step.ts'
import type { SiteFinding } from '../report/status.ts'
import { readCollection, siteArchiveOf } from './collection.ts'
import type { FreeSpace, Needs } from './facts.ts'
import { readLimits } from './limits.ts'
import { isMounted, mount, unmount } from './mount.ts'
import { frozenReason, pruneInputOf } from './prune-state.ts'
import { readRecord } from './site-record.ts'
import { vpn } from './vpn.ts'

/** A look at everything that changes nothing: how it is made, and what it has found so far. */
export interface Look {
  readonly look: {
    /** The archive is there already: no VPN, no mount, no unmount. */
    readonly mounted: boolean
    readonly sites: SiteFinding[]
    freeSpace: FreeSpace | undefined
  }
}

/** The VPN, unless the archive is there already. */
export const vpnForLook: Hold<Needs<'host'> & Look, { vpnLease: string }> = {
  ...vpn,
  up: async (facts, shell) => (facts.look.mounted ? { vpnLease: '' } : vpn.up(facts, shell)),
  down: async (facts, shell) => (facts.look.mounted ? undefined : vpn.down(facts, shell)),
}

/** The share, unless it is mounted already: by a person, or by a run that works now. It is not unmounted under a run that began meanwhile. */
export const mountForLook: Hold<Needs<'host'> & Look, Needs<'mounted'> & { readonly mountedHere: boolean }> = {
  name: 'mount',
  title: 'Mount',
  up: async ({ host: { archive }, look }, shell) => {
    if (archive.kind === 'url') return { mounted: undefined, mountedHere: false }
    if (archive.kind === 'folder') return { mounted: { root: archive.path }, mountedHere: false }
    const mounted = { root: join(archive.mountPoint, archive.folder) }
    if (look.mounted || isMounted(archive.mountPoint)) return { mounted, mountedHere: false }
    await mount(archive, shell.with({ timeout: archive.timeout }))
    return { mounted, mountedHere: true }
  },
  down: async ({ host, look, mountedHere }, shell) => {
    const { archive } = host
    if (archive.kind !== 'mount' || look.mounted || mountedHere === false || !isMounted(archive.mountPoint)) return
    await unlessRunning(join(host.paths.state, 'lock'), shell, () => unmount(archive, shell.with({ timeout: archive.timeout })))
  },
}

/** Does something while no run holds the lock, and leaves it otherwise. The lock's text stays as it is: this is no run. */
async function unlessRunning(lock: string, shell: Shell, work: () => Promise<void>): Promise<void> {
  let descriptor: number
  try {
    descriptor = openSync(lock, 'r')
  } catch {
    return await work() // no run was ever made here
  }
  try {
    await shell.with({ inherit: [descriptor] }).act`flock --nonblock --conflict-exit-code 75 3`
    await work()
  } catch (error) {
    if (!(error instanceof CommandFailed) || error.exitCode !== 75) throw error
    shell.note('info', 'a run began meanwhile: the share stays mounted for it')
  } finally {
    closeSync(descriptor)
  }
}

/** Every site of this host and of the archive. */
export const allSites: Many<Needs<'host' | 'roles'>, Needs<'site'>> = {
  list: ({ roles }) => [...roles.primaries, ...roles.replicas, ...roles.others].map(site => ({ site })),
  nameOf: ({ site }) => site.name,
  atOnce: ({ host }) => Math.max(2, host.concurrency),
}

/** Keeps what the archive has free. */
export const examineSpace: Step<Needs<'freeSpace'> & Look, void> = {
  name: 'examine-space',
  title: 'Free space',
  run: async ({ look, freeSpace }) => {
    look.freeSpace = freeSpace
  },
}

/** Looks at one site: its collection, its limits, and what pruning would do next. Takes no lock: a backup may be running. */
export const examineSite: Step<Needs<'host' | 'secrets' | 'archive' | 'site'> & Look, void> = {
  name: 'examine-site',
  title: ({ site }) => `Look at ${site.name}`,
  run: async ({ host, secrets, archive, site, look }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    const { limits, problems } = readLimits(host, site)
    const now = shell.now()
    const input = pruneInputOf({ host, site, siteArchive, collection, limits, interrupted: false, now })
    look.sites.push({
      name: site.name,
      role: site.role,
      collection,
      ...limits,
      plan: planPrune(input),
      frozen: frozenReason(host, site.name),
      settings: problems,
      staleAfter: parseInterval(host.staleAfter) * 1000,
      now,
      replayed: readRecord(host, site.name).restoredFrom,
    })
  },
}
