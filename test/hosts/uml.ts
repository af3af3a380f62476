import { existsSync, readFileSync } from 'node:fs'
import { chown, mkdir, open, rm, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Daemon, output, startDaemon, untilReady } from '../../lib/sandbox/process.ts'
import { once } from './image.ts'
import { type Network, PREFIX } from './network.ts'

/** What a guest is to be. */
export interface GuestOptions {
  readonly name: string
  /** A disk that `bootDisk()` made. It is only read. */
  readonly disk: string
  /** A folder of this machine of which it gets a copy as /opt, a disk of its own. What is in its `root/` is laid over the guest's root. */
  readonly opt: string
  readonly network: Network
  /** The last number of its address. */
  readonly number: number
  /** A file with a private key, whose public one root has in the guest. */
  readonly key: string
  /** Where its own folder is made. */
  readonly within: string
}

/** Grows when `bootDisk()` makes something else of the same image. */
const VERSION = 1
/** Where the package keeps the modules of its kernel, a folder for each version. */
const MODULES = '/usr/lib/uml/modules'
const GIGABYTE = 2 ** 30

/** Before systemd: the second disk, the kernel's modules, and the cable. Words of the kernel's command line are variables here. */
const INIT = `#!/bin/sh
mount -t ext4 /dev/ubdb /opt && cp -a /opt/root/. / && rm -rf /opt/root
mkdir -p /usr/lib/modules && mount -t hostfs -o ro,${MODULES} none /usr/lib/modules
ip link set lo up; ip addr add "$address" dev vec0; ip link set vec0 up
exec /usr/lib/systemd/systemd
`

/** No account of this machine: what a guest does, its kernel does here without any right. */
const USER = 64_999

/** What the kernel needs of this machine, in a mount namespace of its own: folders that its user can reach, and a device for its cable. */
const ROOM = `
mount -t tmpfs -o mode=755 none /mnt && mkdir /mnt/own /mnt/memory && touch /mnt/base || exit
mount --bind "$DISK" /mnt/base && mount --bind "$FOLDER" /mnt/own && mount -t tmpfs -o mode=1777 none /mnt/memory || exit
mount -t tmpfs -o mode=755 none /dev/net && mknod -m 666 /dev/net/tun c 10 200 || exit
cd /mnt/own && exec unshare --pid --fork --kill-child sh -c "$KERNEL" uml "$@"`

/**
 * A user-mode kernel is a program, and what runs in its guest are its children, which it traces: killed alone, it would let them go, as programs of
 * this machine. So they have a pid namespace whose first process is another one. That dies with the tests, and all of them at once with it.
 */
const KERNEL = `
setpriv --reuid=${USER} --regid=${USER} --clear-groups --bounding-set=-all env -i PATH=/usr/bin:/bin TMPDIR=/mnt/memory linux.uml "$@"
echo "the kernel ended with $?"`

/** How long a guest may take to boot, in seconds, on a machine that is busy with others. */
const PATIENCE = 300

/** Why this machine cannot run guests; empty when it can, as far as can be seen without booting one. */
export async function whyNoGuest(): Promise<string[]> {
  const from = 'of the package user-mode-linux'
  const kernel = await output('linux.uml', ['--version']).catch(error => error as Error)
  if (kernel instanceof Error) return [`it lacks the program linux.uml ${from} (${kernel.message})`]
  const nfs = join(MODULES, kernel.trim(), 'kernel/fs/nfs/nfsv4.ko')
  return existsSync(nfs) ? [] : [`it lacks ${nfs} ${from}`]
}

/** The disk that guests boot from: an image of a file system with all of a folder that `image()` made. Built when missing. */
export async function bootDisk(image: string): Promise<string> {
  return await once(`${basename(image)}-disk-${VERSION}`, async file => {
    await makeDisk(file, image, 4)
    await writeFile(`${file}.init`, INIT)
    await output('debugfs', ['-w', '-R', `write ${file}.init holdfast-init`, file])
    await rm(`${file}.init`)
    await output('debugfs', ['-w', '-R', 'set_inode_field holdfast-init mode 0100755', file])
  })
}

/** A disk in a file, as large as what is written to it. No journal: nothing is on it that anybody needs after a power cut. */
async function makeDisk(file: string, folder: string, gigabytes: number): Promise<void> {
  await writeFile(file, '')
  await truncate(file, gigabytes * GIGABYTE)
  await output('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-E', 'lazy_itable_init=1', '-d', folder, file])
}

/**
 * A whole machine with a Linux of its own: the user-mode one of Debian, which has file systems that this machine's may lack, such as NFS. It is reached
 * by SSH. It needs root to be started, and what it writes is gone with it.
 */
export class Guest implements AsyncDisposable {
  readonly #options: GuestOptions
  readonly #folder: string
  #kernel: Daemon | undefined
  /** One connection, which all commands share: each of its own would take a second or two. */
  #connection: Daemon | undefined

  private constructor(options: GuestOptions) {
    this.#options = options
    this.#folder = join(options.within, options.name)
  }

  /** Boots a guest and waits until systemd has started everything, or given up on some of it. @throws with what its console says, when it does not come up */
  static async boot(options: GuestOptions): Promise<Guest> {
    const guest = new Guest(options)
    try {
      await guest.#start()
      await guest.#connect()
      await guest.sh('systemctl is-system-running --wait; true') // degraded is up as well
      return guest
    } catch (error) {
      const console = join(guest.#folder, 'console.log')
      const said = existsSync(console) ? readFileSync(console, 'utf8').slice(-2000) : 'nothing'
      await guest[Symbol.asyncDispose]()
      throw new Error(`${options.name} does not come up: ${(error as Error).message}; its console says: ${said}`)
    }
  }

  async #start(): Promise<void> {
    const { name, disk, opt, network, number } = this.#options
    await mkdir(this.#folder)
    await makeDisk(join(this.#folder, 'opt'), opt, 2)
    for (const path of [this.#folder, join(this.#folder, 'opt')]) await chown(path, USER, USER)
    await onSwitch(network, `ip addr replace ${PREFIX}.1/24 dev br0`) // from where it is reached
    await onSwitch(network, `ip tuntap add v-${name} mode tap user ${USER} && ip link set v-${name} master br0 up`)
    const disks = ['ubd0=layer,/mnt/base', 'ubd1=opt', 'root=/dev/ubda', 'rw', 'init=/holdfast-init']
    // without gro, large segments that come from a bridge are dropped, and transfers hang
    const cable = [`vec0:transport=tap,ifname=v-${name},depth=128,gro=1`, `address=${PREFIX}.${number}/24`]
    const rest = [
      'mem=1024M',
      `umid=${name}`,
      'uml_dir=/mnt/memory',
      'audit=0',
      'noreboot',
      'con=null',
      'ssl=null',
      'con0=null,fd:1',
    ]
    const words = [...inNetwork(network), ...ALONE, ROOM, 'room']
    await using log = await open(join(this.#folder, 'console.log'), 'a')
    this.#kernel = await startDaemon(words[0]!, [...words.slice(1), ...disks, ...cable, ...rest], {
      env: { ...process.env, DISK: disk, FOLDER: this.#folder, KERNEL },
      stdio: ['ignore', log.fd, log.fd],
    })
  }

  async #connect(): Promise<void> {
    const { network, key, number } = this.#options
    const line = ['ssh', '-F', 'none', '-q', '-N', '-M', '-S', this.#socket, '-i', key]
    const trust = ['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
    const patience = ['-o', `ConnectionAttempts=${PATIENCE}`, '-o', 'ServerAliveInterval=15', '-o', 'ServerAliveCountMax=8']
    const words = [...inNetwork(network), ...line, ...trust, ...patience]
    this.#connection = await startDaemon(words[0]!, [...words.slice(1), `root@${PREFIX}.${number}`])
    const ready = async (): Promise<boolean> => {
      if (!this.#kernel?.running()) throw new Error('the kernel has ended')
      await pause(200)
      return existsSync(this.#socket)
    }
    await untilReady(this.#connection, ready, () => `there is no connection within ${PATIENCE} s`, PATIENCE)
  }

  get #socket(): string {
    return join(this.#options.within, `${this.#options.name}.ssh`)
  }

  /** The words that run a script inside, by root's shell. */
  within(script: string): string[] {
    return ['ssh', '-F', 'none', '-S', this.#socket, '-o', 'ProxyCommand=false', `root@${this.#options.name}`, script]
  }

  /** Runs a script inside and gives what it printed. @throws when it fails */
  async sh(script: string, input = '', seconds = 300): Promise<string> {
    return await output('timeout', [String(seconds), ...this.within(script)], input)
  }

  /** Cuts its power, and waits until nothing of it runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.kill()
    const first = this.#kernel?.running() ? firstChildOf(this.#kernel.pid) : undefined
    await this.#kernel?.kill()
    // it is there until the last process of its namespace has ended (pid_namespaces(7))
    while (first !== undefined && existsSync(`/proc/${first}`)) await pause(20)
  }
}

/** In a mount namespace of its own, and before others: a system call takes it ten times as long as a container, and in the end all wait for it. */
const ALONE = 'nice -n -10 unshare --mount --propagation private sh -c'.split(' ')

const inNetwork = (network: Network): string[] => ['nsenter', '--target', String(network.pid), '--net']

/** Runs a script in the network namespace of the switch. */
async function onSwitch(network: Network, script: string): Promise<void> {
  const [program = '', ...words] = inNetwork(network)
  await output(program, [...words, 'sh', '-c', script])
}

/** The process that another one has started and waits for. */
function firstChildOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0] || undefined
}
