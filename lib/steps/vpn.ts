import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold } from '../engine/step.ts'
import type { Host, VpnSettings } from '../inventory/schema.ts'
import type { Needs } from './facts.ts'
import { withFlock } from './flock.ts'
import { processStart } from './process-start.ts'

/**
 * The VPN, on for as long as somebody holds a lease of it (S7). Leases are files that name a process; one whose process is gone does not count.
 * Whoever comes first switches it on and writes that down, unless it was on; whoever goes last switches it off, if that was written down.
 */
export const vpn: Hold<Needs<'host'>, { vpnLease: string }> = {
  name: 'vpn',
  title: ({ host }) => (host.vpn ? `VPN ${nameOf(host.vpn)}` : 'VPN (none)'),
  up: async ({ host }, shell) => {
    if (!host.vpn) return { vpnLease: '' }
    const lease = await takeLease(host.vpn, leaseFolder(host, host.vpn), shell)
    if (host.vpn.probe) await untilReachable(host.vpn.probe, host.vpn.timeout, shell.stop)
    return { vpnLease: lease }
  },
  down: async ({ host }, shell) => {
    if (host.vpn) await giveBack(host.vpn, leaseFolder(host, host.vpn), shell)
  },
}

const nameOf = (vpn: VpnSettings): string => (vpn.kind === 'unit' ? vpn.unit : vpn.name)

/** Leases of one VPN are shared by all programs of the host, so they lie where every program looks. */
const leaseFolder = (host: Host, vpn: VpnSettings): string => join(host.paths.run, 'vpn', encodeURIComponent(nameOf(vpn)))

const OURS = 'switched-on-by-holdfast'
const ownLease = (): string => `lease-${process.pid}`

async function takeLease(settings: VpnSettings, folder: string, shell: Shell): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return withFlock(join(folder, 'lock'), settings.timeout, shell, async () => {
    const others = liveLeases(folder)
    writeFileSync(join(folder, ownLease()), `${processStart(process.pid) ?? ''}\n`)
    if (others.length === 0 && !(await isOn(settings, shell))) {
      writeFileSync(join(folder, OURS), '')
      await switchOn(settings, shell)
    }
    return ownLease()
  })
}

async function giveBack(settings: VpnSettings, folder: string, shell: Shell): Promise<void> {
  await withFlock(join(folder, 'lock'), settings.timeout, shell, async () => {
    rmSync(join(folder, ownLease()), { force: true })
    const ours = readdirSync(folder).includes(OURS)
    if (!ours || liveLeases(folder).length > 0) return
    await switchOff(settings, shell)
    rmSync(join(folder, OURS), { force: true })
  })
}

/** The leases of processes that still live; those of the dead are removed. */
function liveLeases(folder: string): string[] {
  return readdirSync(folder).filter(name => {
    if (!name.startsWith('lease-')) return false
    const start = processStart(Number(name.slice('lease-'.length)))
    const alive = start !== undefined && start === readFileSync(join(folder, name), 'utf8').trim()
    if (!alive) rmSync(join(folder, name), { force: true })
    return alive
  })
}

async function isOn(settings: VpnSettings, shell: Shell): Promise<boolean> {
  const quick = shell.with({ timeout: settings.timeout, onLine: () => {} })
  try {
    if (settings.kind === 'unit') await quick.ask(String)`systemctl is-active --quiet ${settings.unit}`
    else if (settings.isUp) await quick.ask(String)`${settings.isUp}`
    else return false
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode !== undefined) return false
    throw error
  }
}

async function switchOn(settings: VpnSettings, shell: Shell): Promise<void> {
  const timed = shell.with({ timeout: settings.timeout })
  if (settings.kind === 'unit') await timed.act`systemctl start ${settings.unit}`
  else await timed.act`${settings.up}`
}

async function switchOff(settings: VpnSettings, shell: Shell): Promise<void> {
  const timed = shell.with({ timeout: settings.timeout })
  if (settings.kind === 'unit') await timed.act`systemctl stop ${settings.unit}`
  else await timed.act`${settings.down}`
}

/** A unit is active long before its tunnel carries anything: waits until the other end answers. */
async function untilReachable(probe: { host: string; port: number }, timeout: number, stop: AbortSignal): Promise<void> {
  const end = Date.now() + timeout * 1000
  let last = 'no answer'
  while (Date.now() < end) {
    stop.throwIfAborted()
    const answer = await connect(probe, Math.min(3000, end - Date.now()))
    if (answer === undefined) return
    last = answer
    await new Promise(resolve => setTimeout(resolve, 500))
  }
  throw new Error(`the VPN is on, but ${probe.host} port ${probe.port} behind it did not answer within ${timeout} s (${last})`)
}

/** Tries to connect. Gives undefined when it worked, else why not. */
function connect({ host, port }: { host: string; port: number }, milliseconds: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = createConnection({ host, port, timeout: milliseconds })
    const done = (answer: string | undefined): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('connect', () => done(undefined))
    socket.on('timeout', () => done('no answer'))
    socket.on('error', error => done((error as NodeJS.ErrnoException).code ?? error.message))
  })
}
