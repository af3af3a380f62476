import type { Step } from '../engine/step.ts'
import type { Needs } from '../store/facts.ts'
import { ShareFiles } from '../store/share-files.ts'
import { check, machineHash, takeOver, type Writer } from '../store/writer.ts'

/** A person says that this machine takes the place of the one that wrote under its name before. */
export interface WriterRequest {
  readonly newMachine: boolean
}

/**
 * Makes sure that no other machine writes to the archive under this host's name: a clone of it would, with the same name and memory, and both would destroy the backups
 * of both. Each run leaves another word in the archive; see lib/core/writer.ts. A URL cannot be looked into: nothing is checked there.
 * @throws when another machine writes under the same name
 */
export const checkWriter: Step<Needs<'host' | 'request' | 'archive'> & WriterRequest, Needs<'writer'>> = {
  name: 'writer',
  title: ({ host }) => `Check that no other machine writes as ${host.name}`,
  run: async ({ host, request, archive, newMachine }, shell) => {
    const again = request.command(host.desktop ? 'desktop' : 'nightly', '--new-machine')
    if (archive.kind === 'folder' && archive.place?.identity !== undefined) {
      const files = new ShareFiles(archive.place, shell.quick)
      const folder = `.holdfast-writer-${host.name}`
      const place = { host, files, folder, identity: archive.place.identity, machine: machineHash(), again }
      if (newMachine && !request.dryRun) await takeOver(place, shell)
      else await check(place, request.dryRun, shell)
    }
    return { writer: {} as Writer }
  },
}
