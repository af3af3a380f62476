import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Daemon, output, startDaemon } from '../../lib/sandbox/process.ts'

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
  /** Further options of systemd-nspawn, such as a network of its own. Without any it has no network. */
  readonly options?: readonly string[]
}

/** Where this machine keeps control groups: one tree of version 2, or, side by side with version 1, two that systemd needs. */
const CGROUPS = ['unified', 'systemd'].map(name => join('/sys/fs/cgroup', name)).filter(existsSync)
const TREES = CGROUPS.length > 0 ? CGROUPS : ['/sys/fs/cgroup']

/** In a mount namespace of its own, so that whatever is mounted is gone when it is, however it ends. */
const START = `
for tree in $TREES; do mkdir -p "$tree/$NAME" && echo $$ >"$tree/$NAME/cgroup.procs" || exit; done
exec unshare --mount --propagation private sh -c '
  mount -t overlay -o "lowerdir=$IMAGE,upperdir=$FOLDER/upper,workdir=$FOLDER/work" overlay "$FOLDER/root" || exit
  [ -z "$DISK" ] || mount -o loop "$DISK" "$FOLDER/disk" || exit
  exec systemd-nspawn --quiet --directory="$FOLDER/root" --register=no --keep-unit --boot --resolv-conf=off --timezone=off --link-journal=no "$@"
' nspawn "$@" >>"$FOLDER/console.log" 2>&1`

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
    this.#cgroup = `holdfast-${options.name}-${process.pid}`
  }

  /** Makes a container and boots it. */
  static async boot(options: ContainerOptions): Promise<Container> {
    const container = new Container(options, await mkdtemp(join(options.within ?? tmpdir(), `holdfast-${options.name}-`)))
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
    const { name, image, readOnly = [], writable = [], disk, options = ['--private-network'] } = this.#options
    const own = disk === undefined ? [] : [`${this.#folder}/disk:${disk.at}`]
    const binds = [...readOnly.map(each => `--bind-ro=${each}`), ...[...writable, ...own].map(each => `--bind=${each}`)]
    const places = { NAME: this.#cgroup, TREES: TREES.join(' '), IMAGE: image, FOLDER: this.#folder, DISK: disk?.file ?? '' }
    const env = { ...process.env, ...places }
    const words = ['-c', START, 'start', `--machine=${this.#cgroup}`, `--hostname=${name}`, ...options, ...binds]
    this.#daemon = await startDaemon('sh', words, { env: { ...env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' } })
    const end = Date.now() + 60_000
    while (!(await this.#answers())) {
      if (this.#daemon.running() && Date.now() < end) await pause(100)
      else throw new Error(`${name} does not come up: ${readFileSync(join(this.#folder, 'console.log'), 'utf8').slice(-2000)}`)
    }
    await this.exec(['systemctl', 'is-system-running', '--wait']).catch(() => {}) // degraded is up as well
  }

  async #answers(): Promise<boolean> {
    return (
      this.#leader() !== undefined &&
      (await this.exec(['true'], '', 5).then(
        () => true,
        () => false,
      ))
    )
  }

  /** The container's first process, as this machine numbers it. */
  #leader(): string | undefined {
    const pid = this.#daemon?.pid
    const file = `/proc/${pid}/task/${pid}/children`
    return existsSync(file) ? readFileSync(file, 'utf8').split(' ')[0] || undefined : undefined
  }

  /**
   * The words that run a command inside, as a unit of its own, with next to nothing in its environment.
   * It does not join the pid namespace: what does is stopped at shutdown, and its zombie keeps the container from ending.
   */
  within(words: readonly string[]): string[] {
    const enter = ['nsenter', '-t', this.#leader() ?? '0', '-m', '-u', '-i', '-n']
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
    await writeFile(join(TREES[0]!, this.#cgroup, 'cgroup.freeze'), frozen ? '1' : '0')
  }

  /** Shuts it down as its power button would. */
  async stop(): Promise<void> {
    if (this.#daemon) await this.freeze(false).catch(() => {})
    await this.#daemon?.stop()
    this.#daemon = undefined
  }

  /** Cuts its power: every process of it ends at once. */
  async cutPower(): Promise<void> {
    await writeFile(join(TREES[0]!, this.#cgroup, 'cgroup.kill'), '1').catch(() => {}) // version 2 only has it
    await this.#daemon?.kill()
    this.#daemon = undefined
    // a group that was killed once goes on killing what is born into it (Linux 6.14): the next boot gets new ones
    for (const tree of TREES) await removeTree(join(tree, this.#cgroup))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.cutPower()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Control groups are removed one by one, the innermost first. */
async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(join(folder, entry.name))
  for (let left = 100; existsSync(folder) && left > 0; left--) await rmdir(folder).catch(() => pause(20)) // its processes are just ending
}
