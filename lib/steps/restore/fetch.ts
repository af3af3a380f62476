import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { printTime, type RestorePoint } from '../../core/restore-point.ts'
import { restoreWords } from '../../duplicity/args.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Host } from '../../inventory/schema.ts'
import type { Secrets } from '../../inventory/secrets.ts'
import type { SiteArchive } from '../check-mount.ts'
import { duplicityShell, targetOf } from '../duplicity.ts'
import { gpgHome } from '../gpg.ts'
import { withFolderProgress } from '../progress.ts'
import { confined } from './confined.ts'

/** What is to be brought back, from where, and into which folder, which must not exist yet. */
export interface Fetch {
  readonly host: Host
  readonly secrets: Secrets
  readonly site: string
  readonly archive: SiteArchive
  readonly point: RestorePoint
  readonly into: string
  /** A file or folder of the set; all of it when absent. */
  readonly path?: string
}

/**
 * Makes a tree from the archive: the one place where restores get their files. Duplicity runs confined to that tree and its own cache, so that a set
 * with links or `..` in its names writes nowhere else (S41).
 * @throws when the set is known to be damaged, before duplicity is started, or when duplicity fails
 */
export async function fetchTree(fetch: Fetch, shell: Shell): Promise<void> {
  const { host, secrets, site, archive, point, into, path } = fetch
  if (point.problems.length > 0)
    throw new Error(`the set of ${printTime(point.time)} cannot be restored: ${point.problems.join('; ')}`)
  const target = targetOf(host, site, archive, 'restore')
  const { volumeSize } = host.duplicity
  const words = restoreWords({ ...target, into, time: point.time, volumeSize, ...(path === undefined ? {} : { path }) })
  await shell.act(`make the folder ${dirname(into)}`, () => void mkdirSync(dirname(into), { recursive: true, mode: 0o700 }))
  const writable = [dirname(into), target.cache, ...Object.values(gpgHome(host))]
  await withFolderProgress(into, shell, () => duplicityShell(shell, host, secrets, target).act`${confined(words, writable)}`)
}
