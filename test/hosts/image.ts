import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { chmod, copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'

/** Where the images are kept between runs of the tests. */
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'holdfast', 'hosts')

/** Grows when what is below changes: older images are then built anew. */
const VERSION = 1

const SYSTEMD = ['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'ca-certificates']

/** Options of apt within an image: the mirror's lists may be older than this machine's clock likes. */
const APT = `Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
APT::Install-Recommends "false";
DPkg::Options { "--force-unsafe-io"; };
`

/** Units that would only disturb a test: they wait for a network, or begin work of their own. */
const UNWANTED = ['apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer', 'e2scrub_all.timer', 'fstrim.timer']
const MASKED = ['systemd-networkd.service', 'systemd-networkd.socket', 'systemd-resolved.service', 'systemd-timesyncd.service']

/**
 * The folder of a Debian 13 that boots in a container and has these packages besides systemd. Built when missing, once for each list of packages
 * (1 to 4 minutes and the network), and then only read: every container lays a folder of its own over it.
 * @throws with what failed, when it cannot be built; it needs root
 */
export async function image(packages: readonly string[] = []): Promise<string> {
  await installProgram('systemd-nspawn', 'systemd-container')
  const base = await once(`base-${VERSION}`, buildBase)
  if (packages.length === 0) return base
  const list = packages.toSorted().join(' ')
  const hash = createHash('sha256').update(`${VERSION} ${list}`).digest('hex').slice(0, 12)
  return await once(`with-${hash}`, async folder => {
    await output('cp', ['--archive', '--reflink=auto', base, folder])
    await install(folder, packages)
  })
}

/** Gives a folder of the cache, made by `build` when it is not there yet: beside it, then renamed, by one process at a time. */
export async function once(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cache, name)
  await mkdir(cache, { recursive: true })
  await using lock = await open(`${folder}${LOCK}`, 'a')
  await lock.utimes(new Date(), new Date()) // when it was used
  if (existsSync(folder)) return folder
  spawnSync('flock', ['3'], { stdio: ['ignore', 'ignore', 'inherit', lock.fd] })
  if (existsSync(folder)) return folder
  const fresh = `${folder}.new`
  await rm(fresh, { recursive: true, force: true })
  await build(fresh)
  await rename(fresh, folder)
  return folder
}

const LOCK = '.lock'
/** Days after which an image that nothing has used is removed: each change of what is in one makes another. */
const KEPT = 14

/** Removes the images that nobody needs any more. */
export async function forgetUnused(): Promise<void> {
  const locks = existsSync(cache) ? readdirSync(cache).filter(name => name.endsWith(LOCK)) : []
  for (const lock of locks.map(name => join(cache, name))) {
    if (Date.now() - statSync(lock).mtimeMs < KEPT * 86_400_000) continue
    for (const path of [lock.slice(0, -LOCK.length), lock]) await rm(path, { recursive: true, force: true })
  }
}

async function buildBase(folder: string): Promise<void> {
  await installProgram('debootstrap', 'debootstrap')
  const mirror = await mirrorOfThisMachine()
  await output('debootstrap', ['--variant=minbase', `--include=${SYSTEMD.join()}`, 'trixie', folder, mirror])
  await writeFile(join(folder, 'etc/apt/sources.list'), `deb ${mirror} trixie main\n`)
  await writeFile(join(folder, 'etc/apt/apt.conf.d/99holdfast'), APT)
  await systemctl(folder, ['disable', ...UNWANTED])
  await systemctl(folder, ['mask', ...MASKED])
  await systemctl(folder, ['set-default', 'multi-user.target'])
  await rm(join(folder, 'var/cache/apt/archives'), { recursive: true, force: true })
}

async function install(folder: string, packages: readonly string[]): Promise<void> {
  const policy = join(folder, 'usr/sbin/policy-rc.d') // no service starts while they are installed
  await writeFile(policy, '#!/bin/sh\nexit 101\n')
  await chmod(policy, 0o755)
  await rm(join(folder, 'etc/resolv.conf'), { force: true })
  await copyFile('/etc/resolv.conf', join(folder, 'etc/resolv.conf'))
  await mkdir(join(folder, 'var/cache/apt/archives/partial'), { recursive: true })
  const script = `apt-get -q update && apt-get install -qy ${packages.map(name => `'${name}'`).join(' ')} && apt-get clean`
  await output('chroot', [folder, 'env', 'TMPDIR=/tmp', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-c', script])
  await rm(policy)
  await writeFile(join(folder, 'etc/resolv.conf'), '')
}

async function systemctl(folder: string, words: readonly string[]): Promise<void> {
  await output('systemctl', [`--root=${folder}`, ...words])
}

async function mirrorOfThisMachine(): Promise<string> {
  const targets = await output('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])
  const mirror = targets.split('\n').find(uri => /\/debian\/?$/.test(uri))
  if (mirror === undefined) throw new Error('the configuration of apt names no mirror of Debian')
  return mirror
}

async function installProgram(program: string, from: string): Promise<void> {
  if (existsSync(`/usr/bin/${program}`) || existsSync(`/usr/sbin/${program}`)) return
  const script = `apt-get -q update && apt-get install -qy --no-install-recommends '${from}'`
  await output('sh', ['-c', script], '', { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
}
