import { claimsIn, markerOf } from '../../core/marker.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Step } from '../../engine/step.ts'
import { OpenedFolder } from '../../host/opened-folder.ts'
import { removeTree } from '../../host/remove-tree.ts'
import { OF_TODAY } from '../../restore/recovery.ts'
import type { Scope } from '../../restore/scope.ts'
import type { Restoring } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'

/**
 * Makes the restored tree say what is true now: its marker names today's owner, whoever that was when the set was made; and on the primary
 * the allowance and frequency of the live site stay in force.
 */
export const setMarkers: Step<Needs<'host' | 'site'> & { restoring: Restoring; scope: Scope }, { markerSet: true }> = {
  name: 'markers',
  title: 'Set the marker',
  run: async ({ host, site, restoring, scope }, shell) => {
    if (!scope.files) return { markerSet: true }
    const owner = site.role.owner ?? host.name
    await shell.act(`write ${markerOf(owner)} into the restored tree, and no other marker`, async () => {
      using tree = OpenedFolder.open(restoring.tree)
      using _ = timesKept(tree)
      const names = tree.names()
      for (const claim of claimsIn(names).filter(name => name !== owner)) await removeTree(tree, markerOf(claim), shell)
      if (!names.includes(markerOf(owner))) tree.create(markerOf(owner), 0o644)[Symbol.dispose]()
    })
    if (owner === host.name && site.local) {
      await shell.act(`take ${OF_TODAY.join(' and ')} from the live site`, async () => {
        using tree = OpenedFolder.open(restoring.tree)
        using live = OpenedFolder.open(site.folder)
        using _ = timesKept(tree)
        for (const name of OF_TODAY) await takeOver(live, tree, name, shell)
      })
    }
    return { markerSet: true }
  },
}

/** The folder's own times are those of the set, whatever is written into it here. */
function timesKept(folder: OpenedFolder): Disposable {
  const { atime, mtime } = folder.stat()
  return { [Symbol.dispose]: () => folder.setTimes(atime, mtime) }
}

/** What is longer is no setting, and not worth having: the default is used where it does not parse. Bytes. */
const LONGEST = 10_000

async function takeOver(live: OpenedFolder, tree: OpenedFolder, name: string, shell: Shell): Promise<void> {
  await removeTree(tree, name, shell)
  using file = live.plainFile(name)
  if (!file) return
  using copy = tree.create(name)
  const { mode, uid, gid, atime, mtime } = file.stat
  copy.write(file.head(LONGEST))
  copy.setOwner(uid, gid)
  copy.setMode(mode & 0o777)
  copy.setTimes(atime, mtime)
}
