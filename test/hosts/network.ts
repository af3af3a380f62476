import { type Daemon, output, startDaemon } from '../../lib/sandbox/process.ts'

/** Addresses for documentation (RFC 5737): they exist in these namespaces only. */
export const PREFIX = '203.0.113'

/**
 * A cable for each host, all in one switch, in network namespaces that belong to processes of ours: however this program ends, the kernel takes
 * all of it away. It needs root.
 */
export class Network implements AsyncDisposable {
  readonly #switch: Daemon
  readonly #hosts = new Map<string, Daemon>()

  private constructor(wan: Daemon) {
    this.#switch = wan
  }

  /** @param hosts the last number of each host's address, by name */
  static async between(hosts: Readonly<Record<string, number>>): Promise<Network> {
    const network = new Network(await namespace())
    const wan = (words: string): Promise<string> => ip(network.#switch, words)
    await wan('link set lo up')
    await wan('link add br0 type bridge')
    await wan('link set br0 up')
    for (const [name, number] of Object.entries(hosts)) {
      const host = await namespace()
      network.#hosts.set(name, host)
      await wan(`link add v-${name} type veth peer name wan0 netns ${host.pid}`)
      await wan(`link set v-${name} master br0 up`)
      for (const words of ['link set lo up', `addr add ${PREFIX}.${number}/24 dev wan0`, 'link set wan0 up'])
        await ip(host, words)
    }
    return network
  }

  /** The process whose network namespace the switch is in. */
  get pid(): number {
    return this.#switch.pid
  }

  /** What systemd-nspawn needs for a host to be on this network, and to make tunnels of its own. */
  options(host: string): { network: number; options: string[] } {
    const options = ['--capability=CAP_NET_ADMIN', '--bind=/dev/fuse', '--bind=/dev/net/tun']
    return { network: this.#hosts.get(host)!.pid, options }
  }

  /** Pulls a host's cable, or plugs it in again: packets vanish, nothing is refused. */
  async plug(host: string, plugged: boolean): Promise<void> {
    await ip(this.#switch, `link set v-${host} ${plugged ? 'up' : 'down'}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of [...this.#hosts.values(), this.#switch]) await daemon.kill()
  }
}

/** A network namespace that lasts as long as this process. It is there when the process is a `sleep`. */
async function namespace(): Promise<Daemon> {
  const daemon = await startDaemon('unshare', ['--net', 'sleep', 'infinity'])
  for (let left = 3000; left > 0; left--) {
    const name = await output('cat', [`/proc/${daemon.pid}/comm`])
    if (name.trim() === 'sleep') return daemon
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('unshare --net gives no network namespace on this machine')
}

async function ip(namespace: Daemon, words: string): Promise<string> {
  return await output('nsenter', ['-t', String(namespace.pid), '-n', 'ip', ...words.split(' ')])
}
