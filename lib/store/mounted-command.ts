import { lineOf } from '../engine/command.ts'
import type { Host } from '../inventory/schema.ts'

/**
 * A command about the archive's files as a person types it: with the VPN and the share around it, where those are there
 * for runs only.
 */
export function mountedCommand({ archive, vpn }: Pick<Host, 'archive' | 'vpn'>, command: string): string {
  if (archive.kind !== 'mount') return command
  const share = aroundOf(archive.by, archive.mountPoint)
  const tunnel = vpn === undefined ? [] : [vpn.kind === 'unit' ? unitOf(vpn.unit) : wordsOf(vpn)]
  const around = [...tunnel, share]
  const downs = around.toReversed().map(({ down }) => down)
  return [[...around.map(({ up }) => up), command].join(' && '), ...downs].join('; ')
}

interface Around {
  readonly up: string
  readonly down: string
}

function aroundOf(by: Extract<Host['archive'], { kind: 'mount' }>['by'], mountPoint: string): Around {
  if (by.kind === 'unit') return unitOf(by.unit)
  if (by.kind === 'commands') return wordsOf(by)
  // mount(8) refuses what is mounted already
  const [isMounted, mount] = [lineOf(['mountpoint', '-q', mountPoint]), lineOf(['mount', mountPoint])]
  return { up: `{ ${isMounted} || ${mount}; }`, down: lineOf(['umount', mountPoint]) }
}

const unitOf = (unit: string): Around => ({ up: lineOf(['systemctl', 'start', unit]), down: lineOf(['systemctl', 'stop', unit]) })
const wordsOf = ({ up, down }: { readonly up: readonly string[]; readonly down: readonly string[] }): Around => ({
  up: lineOf(up),
  down: lineOf(down),
})
