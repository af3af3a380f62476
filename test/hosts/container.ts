import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Daemon, output, startDaemon } from '../../lib/sandbox/process.ts'
import { endGroup, freezeGroup, killGroup, TREES } from './control-group.ts'
import { OWNER } from './owner.ts'

/** What a container is to be. */
export interface ContainerOptions {
  readonly name: string
  /** A folder that `image()` made. It is only read. */
  readonly image: string
  /** Files in which this host differs from the image, by path; folders are made. */
  readonly files?: Readonly<Record<string, string>>
  /** Folders of this machine that it sees, as `systemd-nspawn --bind-ro` and `--bind` want them: `FROM:TO`. */
  readonly readOnly?: readonly string[]
  readonly writable?: readonly string[]
  /** Where its own folder is made; the folder for temporary files, when absent. */
  readonly within?: string
  /** An image of a file system that it has at `at`, as a disk of its own: it can fill up, and is there again after a power cut. */
  readonly disk?: { readonly file: string; readonly at: string }
  /** A process whose network namespace it has; without one it has no network. */
  readonly network?: number
  /** Further options of systemd-nspawn. */
  readonly options?: readonly string[]
}

/**
 * In a mount namespace of its own, so that whatever is mounted is gone when it is; and in a pid namespace of its own, whose first process dies
 * with the one that started it and takes the whole machine along: however the tests end, nothing lives on.
 */
const START = `
for tree in $TREES; do mkdir -p "$tree/$NAME" && echo $$ >"$tree/$NAME/cgroup.procs" || exit; done
exec unshare --mount --propagation private sh -c '
  : >"$FOLDER/net" && { [ -z "$NETWORK" ] || mount --bind "/proc/$NETWORK/ns/net" "$FOLDER/net"; } || exit
  exec unshare --pid --fork --kill-child --mount-proc sh -c "$MACHINE" nspawn "$@"
' nspawn "$@" >>"$FOLDER/console.log" 2>&1`

const MACHINE = `
  mount -t overlay -o "lowerdir=$IMAGE,upperdir=$FOLDER/upper,workdir=$FOLDER/work" overlay "$FOLDER/root" || exit
  [ -z "$DISK" ] || mount -o loop "$DISK" "$FOLDER/disk" || exit
  exec systemd-nspawn --quiet --directory="$FOLDER/root" --register=no --keep-unit --boot --resolv-conf=off --timezone=off --link-journal=no "$@"`

/** How long a machine may take to shut down, in milliseconds. */
const PATIENCE = 60_000

/**
 * A whole machine with systemd as its first process, in a container of systemd-nspawn over an image that it shares with others. It needs root.
 * It boots in a second; what it writes lasts from one boot to the next, and is gone when it is disposed of.
 */
export class Container implements AsyncDisposable {
  readonly #options: ContainerOptions
  readonly #folder: string
  readonly #cgroup: string
  #daemon: Daemon | undefined

  private constructor(options: ContainerOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    this.#cgroup = `holdfast-${options.name}-${OWNER}`
  }

  /** Makes a container and boots it. */
  static async boot(options: ContainerOptions): Promise<Container> {
    const container = new Container(
      options,
      await mkdtemp(join(options.within ?? tmpdir(), `holdfast-${options.name}-${OWNER}-`)),
    )
    for (const part of ['upper', 'work', 'root', 'disk']) await mkdir(join(container.#folder, part))
    const own = { '/etc/hostname': `${options.name}\n`, '/etc/machine-id': `${randomUUID().replaceAll('-', '')}\n` }
    for (const [path, text] of Object.entries({ ...own, ...options.files })) await container.write(path, text)
    await container.start().catch(async error => {
      await container[Symbol.asyncDispose]()
      throw error
    })
    return container
  }

  /** Writes a file of the container while it is off. */
  async write(path: string, text: string): Promise<void> {
    if (this.#daemon) throw new Error(`${this.#options.name} is on: write ${path} with exec()`)
    const file = join(this.#folder, 'upper', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  /** Boots it and waits until systemd has started everything, or given up on some of it. */
  async start(): Promise<void> {
    const { name, image, readOnly = [], writable = [], disk, network, options = [] } = this.#options
    const own = disk === undefined ? [] : [`${this.#folder}/disk:${disk.at}`]
    const binds = [...readOnly.map(each => `--bind-ro=${each}`), ...[...writable, ...own].map(each => `--bind=${each}`)]
    const places = {
      NAME: this.#cgroup,
      TREES: TREES.join(' '),
      IMAGE: image,
      FOLDER: this.#folder,
      DISK: disk?.file ?? '',
      NETWORK: String(network ?? ''),
      MACHINE,
    }
    const env = { ...process.env, ...places }
    const cable = network === undefined ? '--private-network' : `--network-namespace-path=${this.#folder}/net`
    const words = ['-c', START, 'start', `--machine=${this.#cgroup}`, `--hostname=${name}`, cable, ...options, ...binds]
    this.#daemon = await startDaemon('sh', words, { env: { ...env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' } })
    const end = Date.now() + 300_000
    while (!(await this.#answers())) {
      if (this.#daemon.running() && Date.now() < end) await pause(100)
      else throw new Error(`${name} does not come up: ${readFileSync(join(this.#folder, 'console.log'), 'utf8').slice(-2000)}`)
    }
    await this.exec(['systemctl', 'is-system-running', '--wait']).catch(() => {}) // degraded is up as well
  }

  async #answers(): Promise<boolean> {
    return (
      this.#leader() !== undefined &&
      (await this.exec(['true'], '', 20).then(
        () => true,
        () => false,
      ))
    )
  }

  /** systemd-nspawn itself, as this machine numbers it; the daemon only waits for it. */
  #nspawn(): number | undefined {
    return this.#daemon && firstChildOf(this.#daemon.pid)
  }

  /** The container's first process, as this machine numbers it. */
  #leader(): number | undefined {
    const nspawn = this.#nspawn()
    return nspawn === undefined ? undefined : firstChildOf(nspawn)
  }

  /**
   * The words that run a command inside, as a unit of its own, with next to nothing in its environment.
   * It does not join the pid namespace: what does is stopped at shutdown, and its zombie keeps the container from ending.
   */
  within(words: readonly string[]): string[] {
    const enter = ['nsenter', '-t', String(this.#leader() ?? 0), '-m', '-u', '-i', '-n']
    const unit = ['systemd-run', '-q', '--pipe', '--wait', '--collect', '--service-type=exec', '--expand-environment=no', '--']
    const env = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8']
    return [...enter, ...unit, ...env, ...words]
  }

  /** Runs a command inside and gives what it printed. @throws when it fails */
  async exec(words: readonly string[], input = '', seconds = 600): Promise<string> {
    return await output('timeout', [String(seconds), ...this.within(words)], input)
  }

  get isOn(): boolean {
    return this.#daemon?.running() === true
  }

  /** Stops or goes on with every process of it: its sockets stay open, and nothing answers. */
  async freeze(frozen: boolean): Promise<void> {
    await freezeGroup(this.#cgroup, frozen)
  }

  /** Shuts it down as its power button would. */
  async stop(): Promise<void> {
    if (!this.#daemon) return
    await this.freeze(false).catch(() => {})
    const nspawn = this.#nspawn()
    if (nspawn !== undefined) process.kill(nspawn, 'SIGTERM')
    for (const end = Date.now() + PATIENCE; this.#daemon.running() && Date.now() < end; ) await pause(50)
    await this.#daemon.kill()
    this.#daemon = undefined
  }

  /** Cuts its power: every process of it ends at once. */
  async cutPower(): Promise<void> {
    await killGroup(this.#cgroup)
    await this.#daemon?.kill()
    this.#daemon = undefined
    await endGroup(this.#cgroup) // the next boot gets new ones
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.cutPower()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** The first child of a process that has not ended, of which there is one at most here. */
function firstChildOf(pid: number): number | undefined {
  const file = `/proc/${pid}/task/${pid}/children`
  const [first] = existsSync(file) ? readFileSync(file, 'utf8').split(' ') : []
  return first ? Number(first) : undefined
}
