import { existsSync, readdirSync } from 'node:fs'
import { rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** Where this machine keeps control groups: one tree of version 2, or, side by side with version 1, two that systemd needs; the one of version 2 first. */
const BOTH = ['unified', 'systemd'].map(name => join('/sys/fs/cgroup', name)).filter(existsSync)
export const TREES = BOTH.length > 0 ? BOTH : ['/sys/fs/cgroup']

/** The groups that there are, by name. */
export const groups = (): string[] => TREES.filter(existsSync).flatMap(tree => readdirSync(tree))

/** Stops every process of a group, or lets them go on. */
export async function freezeGroup(name: string, frozen: boolean): Promise<void> {
  await writeFile(join(TREES[0]!, name, 'cgroup.freeze'), frozen ? '1' : '0')
}

/** Kills every process of a group at once. */
export async function killGroup(name: string): Promise<void> {
  await writeFile(join(TREES[0]!, name, 'cgroup.kill'), '1').catch(() => {}) // it may be gone already
}

/** Kills what is in a group, and removes it: one that was killed goes on killing what is born into it (Linux 6.14). */
export async function endGroup(name: string): Promise<void> {
  await killGroup(name)
  for (const tree of TREES) await removeTree(join(tree, name))
}

/** Control groups are removed one by one, the innermost first. */
async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await removeTree(join(folder, entry.name))
  for (let left = 500; existsSync(folder) && left > 0; left--) await rmdir(folder).catch(() => pause(20)) // its processes are just ending
}
