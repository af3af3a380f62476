import { join } from 'node:path'
import type { Step } from '../../engine/step.ts'
import { refuse } from '../../restore/mounts.ts'
import { placeOfPath } from '../../restore/path-place.ts'
import type { Scope } from '../../restore/scope.ts'
import type { Needs } from '../../store/facts.ts'

/**
 * Refuses a restore of files where something is mounted in what would be replaced: a mount moves along with the folder around it, and what is on it
 * would be held, and one day deleted, as if it were the site's former files. So is a path that has no place any more. Looked at before anything is restored.
 */
export const refuseMounts: Step<Needs<'host' | 'site'> & { scope: Scope }, void> = {
  name: 'place',
  title: 'Check for mounts',
  run: async ({ host, site, scope }) => {
    for (const path of scope.paths) refuse(host, site.folder, join(site.folder, placeOfPath(host, site.folder, path)))
    if (scope.files) refuse(host, host.vhosts, site.folder)
  },
}
