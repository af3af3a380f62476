import type { Step } from '../engine/step.ts'
import type { Archive } from '../store/archive.ts'
import { checkAccess, checkFolder, checkIdentity, knowIdentity, placeOf, shareOf, tellUnmarked } from '../store/archive-check.ts'
import type { Needs } from '../store/facts.ts'

/**
 * Proves that what is mounted is the archive: a mount of another device than the folder around it, as the inventory describes it, with the
 * identity that is known for it, and writable (S9). Every look is a process with a time limit, which a dead server cannot hold up.
 */
export const checkMount: Step<Needs<'host' | 'request' | 'mounted'>, Needs<'archive'>> = {
  name: 'check-mount',
  title: 'Check the archive',
  run: async ({ host, request, mounted }, shell) => {
    if (host.archive.kind === 'url') {
      return { archive: { kind: 'url', base: host.archive.url, options: host.archive.options } as unknown as Archive }
    }
    const root = mounted!.root
    const { look } = host.deadlines
    const quick = shell.with({ timeout: host.archive.kind === 'mount' ? Math.min(look, host.archive.timeout) : look })
    const share = shareOf(host, host.archive, root, quick)
    await checkFolder(share)
    const { isThere, identity } = await checkIdentity(share)
    const place = { ...placeOf(host.archive), identity }
    if (!isThere && request.dryRun)
      return { archive: { kind: 'folder', root, place: placeOf(host.archive) } as unknown as Archive }
    await checkAccess(share)
    return { archive: { kind: 'folder', root, place } as unknown as Archive }
  },
}

/** The same proof for a look: the archive is the one that the inventory describes and this host knows, but nothing is written to it, and none is begun. */
export const lookAtArchive: Step<Needs<'host' | 'mounted'>, Needs<'archive'>> = {
  name: 'look-at-archive',
  title: 'Check the archive, read-only',
  run: async ({ host, mounted }, shell) => {
    if (host.archive.kind === 'url')
      return { archive: { kind: 'url', base: host.archive.url, options: host.archive.options } as unknown as Archive }
    const root = mounted!.root
    const share = shareOf(host, host.archive, root, shell.quick)
    await checkFolder(share)
    const { isThere, identity } = await knowIdentity(share)
    if (!isThere) await tellUnmarked(share)
    return { archive: { kind: 'folder', root, place: { ...placeOf(host.archive), identity } } as unknown as Archive }
  },
}
