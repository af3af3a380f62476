import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { mountsWithin } from '../core/path.ts'
import { searchPath } from '../engine/process.ts'

/** What a sandboxed program sees of the machine: a file or folder at its own path, or at another. */
export type Place = string | { readonly from: string; readonly to: string }

/**
 * Rights of root that a program may keep. CAP_DAC_OVERRIDE is the right to read what every owner has: where all places
 * are read-only, it writes nothing. CAP_DAC_READ_SEARCH is not among them: with open_by_handle_at(2) it reads the whole
 * disk that any of the places is on.
 */
type Capability = 'CAP_CHOWN' | 'CAP_DAC_OVERRIDE' | 'CAP_FOWNER' | 'CAP_FSETID' | 'CAP_LINUX_IMMUTABLE'

/** What a program may use at most. Time and output are limited by the shell: `timeout`, `maxOutput`. */
interface Limits {
  /** Bytes of address space, each process. */
  readonly memory?: number
  /** Processes at once. Linux counts none of root's: it holds for a `user` only. */
  readonly processes?: number
  /** Bytes of the largest file that it may write. */
  readonly fileSize?: number
  readonly cpuSeconds?: number
  /** Bytes that its own /tmp may hold. */
  readonly tmp?: number
}

/** What a program gets besides the system itself. */
export interface Sandbox {
  /** Read-only. A place that is not there fails the command. */
  readonly reads?: readonly Place[]
  readonly writes?: readonly Place[]
  /** The machine's network, with what is needed to find names and to know certificates. */
  readonly network?: boolean
  readonly capabilities?: readonly Capability[]
  /**
   * Whose rights it has: root's without capabilities when absent, and `unused` for an id that nothing else on this
   * machine has. A program that strangers wrote or command gets another than root: Linux limits the number of processes
   * of nobody but such.
   */
  readonly user?: { readonly uid: number; readonly gid: number } | 'unused'
  readonly limits?: Limits
  /** Not for secrets, which travel in the environment of the shell. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * That one of the places, as it lies on the machine, in which the kernel follows no symbolic link (`nosymfollow` of
   * mount(8)), nor in what is mounted below it. It keeps a program there that goes by names while somebody exchanges a
   * folder for a link, or that makes what a stranger named below a stranger's links.
   */
  readonly noLinks?: string
}

const MEGABYTE = 1024 * 1024
const LIMITS = { memory: 2048 * MEGABYTE, processes: 64, tmp: 64 * MEGABYTE } as const

/** What any program needs of /etc to find libraries and names; the others only where it has a network. */
const ETC = ['alternatives', 'group', 'ld.so.cache', 'localtime', 'nsswitch.conf', 'passwd']
const ETC_OF_NETWORK = [
  'ca-certificates',
  'gai.conf',
  'hosts',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
]

/** What a command inherits of Holdfast's environment and means nothing inside. */
const UNSET = ['GNUPGHOME', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK', 'DBUS_SESSION_BUS_ADDRESS', 'DBUS_SYSTEM_BUS_ADDRESS']

/**
 * Puts a command into a system of its own, made by bubblewrap: /usr with its links, a few files of /etc, a /dev, /proc
 * and /tmp that nobody else sees, and of the machine only the places that are named. It has no network, no capability
 * and nothing to write to but /tmp unless that is said, gains no privilege, and dies with whoever started it, with all
 * that it started (until it is whole by the process group that the shell gives it). What a stranger can shape is
 * opened, parsed, run and unpacked only so (S41).
 *
 * A program that lies outside /usr brings the folder that it is in, read-only, and that of the file that it is a link
 * to; of a virtual environment of Python the whole of it.
 * @returns the words of the command that does it
 */
export function sandboxed(words: readonly string[], sandbox: Sandbox = {}): string[] {
  const { network = false, capabilities = [], user, env = {} } = sandbox
  const asUser = user === 'unused' ? unusedUser() : user
  const switches = isRoot() && asUser !== undefined
  return [
    ...closeWords(sandbox),
    'bwrap',
    ...['--die-with-parent', '--unshare-ipc', '--unshare-pid', '--unshare-uts', '--unshare-cgroup-try'],
    ...(network ? [] : ['--unshare-net']),
    ...['--cap-drop', 'ALL'],
    ...[...capabilities, ...(switches ? ['CAP_SETUID', 'CAP_SETGID'] : [])].flatMap(name => ['--cap-add', name]),
    ...mountWords(words[0] ?? '', sandbox),
    // what is preloaded for a clock of a test's own wants files that another user cannot open
    ...[...UNSET, ...(switches ? ['LD_PRELOAD'] : [])].filter(name => !(name in env)).flatMap(name => ['--unsetenv', name]),
    ...Object.entries({ HOME: '/tmp', TMPDIR: '/tmp', ...env }).flatMap(([name, value]) => ['--setenv', name, value]),
    '--',
    ...(switches ? userWords(asUser) : []),
    ...limitWords(sandbox.limits),
    ...words,
  ]
}

/** Mounts a folder over itself with the options in `$0`, mounts below it too; then it becomes the command. */
const CLOSE = `mount -n --rbind -o "$0" "$1" "$1" || exit; shift
while [ "$1" != -- ]; do mount -n -o "remount,bind,$0" "$1" || exit; shift; done; shift; exec "$@"`

/**
 * Words that take symbolic links their power below a folder, in a view of the mounts that only this command has.
 * Bubblewrap knows no such option, and takes a mount over as it is where it needs not change it. Whoever is not root
 * has no right to it, and reads nothing by a link but what is his own.
 */
function closeWords({ noLinks, reads = [] }: Sandbox): string[] {
  if (noLinks === undefined || !isRoot()) return []
  const real = existsSync(noLinks) ? realpathSync(noLinks) : noLinks
  const below = mountsWithin(readFileSync('/proc/self/mountinfo', 'utf8'), real).filter(mount => mount !== real)
  const isRead = reads.some(place => (typeof place === 'string' ? place : place.from) === noLinks)
  const options = `nosuid,nodev,nosymfollow${isRead ? ',ro' : ''}`
  return ['unshare', '--mount', '--propagation', 'slave', '--', 'sh', '-c', CLOSE, options, real, ...below, '--']
}

const isRoot = (): boolean => process.geteuid?.() === 0

const userWords = ({ uid, gid }: { readonly uid: number; readonly gid: number }): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${gid}`,
  '--clear-groups',
  '--inh-caps=-all',
  '--',
]

function limitWords(given: Limits = {}): string[] {
  const { memory, processes, fileSize, cpuSeconds } = { ...LIMITS, ...given }
  return [
    'prlimit',
    '--core=0',
    `--as=${memory}`,
    `--nproc=${processes}`,
    ...(fileSize === undefined ? [] : [`--fsize=${fileSize}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
    '--',
  ]
}

let users = 0

/** A user id that nothing else here uses, of a range that no distribution takes; another one at every call. */
export function unusedUser(): { readonly uid: number; readonly gid: number } {
  users = (users + 1) % 1000
  const uid = 2_000_000_000 + (process.pid % 100_000) * 1000 + users
  return { uid, gid: uid }
}

/** Something that is mounted, with the words that do it. */
interface Mount {
  readonly to: string
  readonly words: readonly string[]
}

/** All mounts, each after those that it lies in and the folders on the way, which bwrap makes for root alone. */
function mountWords(program: string, sandbox: Sandbox): string[] {
  const mounts = new Map<string, Mount>()
  const named = namedMounts(program, sandbox)
  const system = named.some(({ to }) => to === '/') ? [] : systemMounts(sandbox.network)
  for (const mount of [...system, ...ownMounts(sandbox), ...named]) mounts.set(mount.to, mount)
  const folders = new Set<string>(['/'])
  const words = [...mounts.values()]
    .toSorted((a, b) => (a.to < b.to ? -1 : 1))
    .flatMap(({ to, words: own }) => {
      const parents = parentsOf(to).filter(parent => !folders.has(parent))
      for (const each of [...parents, to]) folders.add(each)
      return [...parents.flatMap(parent => ['--dir', parent]), ...own]
    })
  // bubblewrap leaves them writable for root, and /proc/sys/kernel/core_pattern is a way out
  const closed = ['/proc', '/dev', ...(mounts.has('/') ? [] : ['/'])]
  return [...words, ...closed.flatMap(path => ['--remount-ro', path])]
}

/** What was found of the system, which is as it is for as long as a run lasts. */
const found = new Map<string, Mount>()

function systemMounts(network = false): Mount[] {
  const etc = [...ETC, ...(network ? ETC_OF_NETWORK : [])].map(name => `/etc/${name}`)
  return ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', ...etc].map(path => {
    const mount = found.get(path) ?? ofSystem(path)
    found.set(path, mount)
    return mount
  })
}

/** A file or folder of the system as it is, or the link that it is into /usr: a link is made sooner than a mount. */
function ofSystem(path: string): Mount {
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && existsSync(path)
  if (isLink && realpathSync(path).startsWith('/usr/')) return { to: path, words: ['--symlink', realpathSync(path), path] }
  return { to: path, words: ['--ro-bind-try', path, path] }
}

/** The devices that any program may use. */
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'].map(name => `/dev/${name}`)
/** What else programs look for in /dev. */
const LINKS_OF_DEV = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
}

/** What is the program's own. Bubblewrap's own /dev has terminals too, which cost time at each start. */
function ownMounts({ limits = {} }: Sandbox): Mount[] {
  const own = ['--perms', '1777', '--size', String(limits.tmp ?? LIMITS.tmp), '--tmpfs']
  return [
    { to: '/dev', words: ['--tmpfs', '/dev'] },
    ...DEVICES.map(path => ({ to: path, words: ['--dev-bind', path, path] })),
    ...Object.entries(LINKS_OF_DEV).map(([name, to]) => ({ to: `/dev/${name}`, words: ['--symlink', to, `/dev/${name}`] })),
    { to: '/dev/shm', words: [...own, '/dev/shm'] },
    { to: '/tmp', words: [...own, '/tmp'] },
    { to: '/proc', words: ['--proc', '/proc'] },
  ]
}

function namedMounts(program: string, { reads = [], writes = [] }: Sandbox): Mount[] {
  const bind =
    (option: string) =>
    (place: Place): Mount => {
      const { from, to } = typeof place === 'string' ? { from: place, to: place } : place
      return { to: join('/', to).replace(/(.)\/$/, '$1'), words: [option, from, to] }
    }
  return [...foldersOf(program), ...reads].map(bind('--ro-bind')).concat(writes.map(bind('--bind')))
}

/** The folders that a program outside /usr needs. */
function foldersOf(program: string): string[] {
  const found = program.includes('/')
    ? program
    : searchPath()
        .map(folder => join(folder, program))
        .find(path => existsSync(path))
  if (found === undefined || !existsSync(found)) return []
  const real = dirname(realpathSync(found))
  const folders = [dirname(found), existsSync(join(real, '../pyvenv.cfg')) ? dirname(real) : real]
  return folders.filter(folder => !/^\/(usr|bin|sbin)(\/|$)/.test(folder))
}

function parentsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [...parentsOf(parent), parent]
}
