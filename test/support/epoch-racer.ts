import { createInterface } from 'node:readline'
import { nextEpoch } from '../../lib/core/epoch.ts'
import { readEpoch, takeEpoch } from '../../lib/store/epochs.ts'
import { ShareFiles } from '../../lib/store/share-files.ts'
import { endShareProcess } from '../../lib/store/share-process.ts'
import { hearingShell } from './shell.ts'

/**
 * A host that races for epochs, as a process of its own: for each line, a site's name, it takes the next epoch of that
 * site in the archive, and answers `taken`, or whose it is.
 */
const [archive = '', owner = ''] = process.argv.slice(2)
const share = new ShareFiles({ base: archive, way: '' }, hearingShell().shell)

for await (const site of createInterface(process.stdin)) {
  const files = share.of(site)
  const next = nextEpoch(await readEpoch(files), { owner, by: 'takeover', now: Date.now() })
  const answer = await takeEpoch(files, next)
  process.stdout.write(`${answer.taken ? 'taken' : answer.epoch.owner}\n`)
}
await endShareProcess()
