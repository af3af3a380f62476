import { accessSync, constants, existsSync } from 'node:fs'
import { mkdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { output } from '../../lib/sandbox/process.ts'
import { TREES } from './control-group.ts'
import { OWNER } from './owner.ts'

/** What a machine must be able to do so that whole machines run on it, each with how to see that it can. */
const NEEDS: readonly (readonly [need: string, proof: () => Promise<unknown>])[] = [
  ['systemd-nspawn (of the package systemd-container)', () => output('systemd-nspawn', ['--version'])],
  ['control groups of version 2 that may be made, frozen and killed', makeGroup],
  ['namespaces for networks, mounts and processes', () => output('unshare', ['--net', '--mount', '--pid', '--fork', 'true'])],
  ['file systems in layers (overlay)', mountLayers],
  ['a loop device', () => output('losetup', ['--find'])],
  ['/dev/fuse, for a share over SSH', async () => accessSync('/dev/fuse', constants.R_OK)],
  ['/dev/net/tun, for a VPN', async () => accessSync('/dev/net/tun', constants.R_OK)],
]

/** Why this machine cannot run whole machines: what it lacks, and what was said when it was tried. Empty when it can. */
export async function whyNot(): Promise<string[]> {
  if (process.getuid?.() !== 0) return ['containers, mounts and networks need root']
  const tried = NEEDS.map(([need, proof]) =>
    proof().then(
      () => [],
      error => [`it lacks ${need} (${(error as Error).message})`],
    ),
  )
  return (await Promise.all(tried)).flat()
}

async function makeGroup(): Promise<void> {
  const group = join(TREES[0]!, `holdfast-probe-${OWNER}`)
  if (!existsSync(join(TREES[0]!, 'cgroup.procs'))) throw new Error(`there is no ${TREES[0]}`)
  await mkdir(group)
  try {
    await writeFile(join(group, 'cgroup.freeze'), '0')
    await writeFile(join(group, 'cgroup.kill'), '1')
  } finally {
    await rmdir(group)
  }
}

/** On a file system that is gone with the namespace. */
async function mountLayers(): Promise<void> {
  const script =
    'mount -t tmpfs none /mnt && cd /mnt && mkdir low up work all && mount -t overlay -o lowerdir=low,upperdir=up,workdir=work none all'
  await output('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script])
}
