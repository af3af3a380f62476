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

/** The VPN, on for as long as a program of this host holds a lease of it (S7); see host/locks.ts. */
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

function sharedVpn(host: Host, settings: VpnSettings, shell: Shell): Shared {
  const { kind, timeout } = settings
  const timed = shell.with({ timeout })
  const isUp = kind === 'unit' ? ['systemctl', 'is-active', '--quiet', settings.unit] : settings.isUp
  const down = kind === 'unit' ? ['systemctl', 'stop', settings.unit] : settings.down
  return {
    folder: join(host.paths.run, 'vpn', encodeURIComponent(nameOf(settings))),
    patience: timeout,
    isOn: async () => isUp && (await succeeds(isUp, timed)),
    switchOn: async () => (kind === 'unit' ? await startUnit(settings.unit, timed) : await timed.act`${settings.up}`),
    switchOff: async () => await timed.act`${down}`,
  }
}

async function succeeds(command: readonly string[], shell: Shell): Promise<boolean> {
  try {
    await shell.with({ onLine: () => {} }).ask(String)`${command}`
    return true
  } catch (error) {
    if (error instanceof CommandFailed && error.exitCode !== undefined) return false
    throw error
  }
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
