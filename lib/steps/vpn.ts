import { once } from 'node:events'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { CommandFailed } from '../engine/process.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold } from '../engine/step.ts'
import { giveBack, isRun, type Shared, takeLease } from '../host/locks.ts'
import { startUnit } from '../host/unit.ts'
import type { Host, VpnSettings } from '../inventory/schema.ts'
import type { Needs } from '../store/facts.ts'

/** The VPN, on for as long as a program of this host holds a lease of it (S7); see leases.ts. */
export const vpn: Hold<Needs<'host'>, Needs<'vpnLease'>> = {
  name: 'vpn',
  title: ({ host }) => (host.vpn ? `VPN ${nameOf(host.vpn)}` : 'VPN (none)'),
  up: async (facts, shell) => {
    const { host } = facts
    if (!host.vpn) return { vpnLease: 'none' }
    const vpnLease = await takeLease(sharedVpn(host, host.vpn, shell), shell, isRun(facts))
    if (host.vpn.probe) await untilReachable(host.vpn.probe, host.vpn.timeout, shell.stop)
    return { vpnLease }
  },
  down: async ({ host }, shell) => {
    if (host.vpn) await giveBack(sharedVpn(host, host.vpn, shell), shell)
  },
}

const nameOf = (vpn: VpnSettings): string => (vpn.kind === 'unit' ? vpn.unit : vpn.name)

const sharedVpn = (host: Host, vpn: VpnSettings, shell: Shell): Shared => ({
  folder: join(host.paths.run, 'vpn', encodeURIComponent(nameOf(vpn))),
  patience: vpn.timeout,
  isOn: () => isOn(vpn, shell),
  switchOn: () => switchOn(vpn, shell),
  switchOff: () => switchOff(vpn, shell),
})

async function isOn(settings: VpnSettings, shell: Shell): Promise<boolean | undefined> {
  const quick = shell.with({ timeout: settings.timeout, onLine: () => {} })
  try {
    if (settings.kind === 'unit') await quick.ask(String)`systemctl is-active --quiet ${settings.unit}`
    else if (settings.isUp) await quick.ask(String)`${settings.isUp}`
    else return undefined
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode !== undefined) return false
    throw error
  }
}

async function switchOn(settings: VpnSettings, shell: Shell): Promise<void> {
  const timed = shell.with({ timeout: settings.timeout })
  if (settings.kind === 'unit') await startUnit(settings.unit, timed)
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
    const answer = await connect(probe, Math.min(3000, end - Date.now()), stop)
    if (answer === undefined) return
    last = answer
    await setTimeout(500, undefined, { signal: stop })
  }
  throw new Error(`the VPN is on, but ${probe.host} port ${probe.port} behind it did not answer within ${timeout} s (${last})`)
}

/** Tries to connect. Gives why not, where it cannot. */
async function connect(
  probe: { host: string; port: number },
  milliseconds: number,
  stop: AbortSignal,
): Promise<string | undefined> {
  const socket = createConnection({ ...probe, signal: AbortSignal.any([stop, AbortSignal.timeout(milliseconds)]) })
  try {
    await once(socket, 'connect')
    return undefined
  } catch (error) {
    const { name, code, message } = error as NodeJS.ErrnoException
    return name === 'AbortError' ? 'no answer' : (code ?? message)
  } finally {
    socket.destroy()
  }
}
