import { INCOMPLETE } from '../core/finding.ts'
import { markerOf } from '../core/marker.ts'
import { counted, messageOf } from '../core/wording.ts'
import type { Owes, Pays } from '../engine/recipe.ts'
import type { Shell } from '../engine/shell.ts'
import type { Hold, Step } from '../engine/step.ts'
import { COMPANION } from '../host/companion.ts'
import { markRestored } from '../host/local-owner.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { removeTree } from '../host/special-files.ts'
import { rememberOrTell } from '../host/state.ts'
import type { Host } from '../inventory/schema.ts'
import { keepProposal, proposalFolder, readKeptProposal, rememberLineages } from '../restore/approvals.ts'
import { pendingOf, readJournal, updatePending, writeJournal } from '../restore/journal.ts'
import { NO_PROPOSAL, type Proposal, readProposal } from '../restore/proposal.ts'
import { type Installed, putInForce } from '../restore/put-in-force.ts'
import { OF_TODAY, type Scope } from '../restore/recovery.ts'
import { type Restoring, rollBackPending, TO_PUT_BACK, tidy } from '../restore/transaction.ts'
import type { Needs } from '../store/facts.ts'

export type Changes = Needs<'host' | 'secrets' | 'request' | 'site'>

/** What is to be put in force, and the name of the change; no proposal where nothing is to be touched. */
type Proposed = { readonly changeId: string; readonly proposal: Proposal | undefined }

type Reads = Needs<'request'> & { restoring: Restoring; scope: Scope }

/** Reads certificates and web server configuration of the set while nobody else can reach its files. */
export const readSystemFiles: Step<Reads, Proposed> = {
  name: 'read-system-files',
  title: 'Read certificates and web server configuration',
  run: async ({ request, restoring, scope }, shell) => {
    const changeId = restoring.id
    if (!scope.files || request.dryRun) return { changeId, proposal: scope.files ? NO_PROPOSAL : undefined }
    using tree = OpenedFolder.open(restoring.tree)
    using companion = tree.folderIfThere(COMPANION)
    return { changeId, proposal: companion ? readProposal(companion, text => shell.note('warning', text)) : NO_PROPOSAL }
  },
}

/** They may be a stranger's: what is not known as harmless, or approved, waits; the site is restored all the same. */
export const installSystemFiles: Step<Changes & Proposed, { installed: Installed | undefined } & Owes<'rememberLeft'>> = {
  name: 'system-files',
  title: 'Install certificates and web server configuration',
  run: async ({ host, secrets, request, site, changeId, proposal }, shell) => {
    let installed: Installed | undefined
    if (!proposal) return { installed }
    await shell.act(
      `put certificates and configuration of ${site.name} in force, as far as they are known to be harmless`,
      async () => {
        installed = await putInForce({ host, secrets, shell }, site, changeId, proposal, request.command)
      },
    )
    return { installed }
  },
}

/** Remembers what is not in force yet, once the restore is known to be good. */
export const rememberLeft: Step<Needs<'host' | 'site'> & { installed: Installed | undefined }, Pays<'rememberLeft'>> = {
  name: 'remember-left',
  title: 'Record the pending configuration',
  run: async ({ host, site, installed }, shell) => {
    if (!installed) return {}
    await shell.act(`remember what of ${site.name} is not in force yet`, () => {
      rememberOrTell(shell, 'what is not in force yet cannot be remembered', () => {
        keepProposal(host, site.name, installed.left)
        rememberLineages(host, site.name, installed.lineages)
      })
    })
    return {}
  },
}

/** Configuration alone is changed, all or nothing: whatever stops it half-way, what was in force is so again. */
export const configurationTransaction: Hold<Changes, Proposed> = {
  name: 'configuration',
  title: ({ site }) => `Prepare the configuration of ${site.name}`,
  up: async ({ host, request, site }, shell) => {
    const startedAt = shell.now()
    const changeId = startedAt.toString(36)
    if (!request.dryRun)
      updatePending(host, {
        ...{ id: changeId, site: site.name, task: 'configuration', phase: 'preparing', startedAt, point: undefined },
        ...{ holdings: [], exchanges: [], databases: [], scratch: { databases: [], accounts: [] }, safety: undefined },
        tidied: true,
      })
    return { changeId, proposal: keptOrWarning(host, site.name, shell) }
  },
  patience: TO_PUT_BACK,
  down: async ({ host, secrets, request, site }, shell) => {
    if (!request.dryRun) await rollBackPending({ host, secrets, shell }, site.name)
  },
}

/** What waits for the site; undefined, and told, where it cannot be read: the site's backup is made all the same. */
function keptOrWarning(host: Host, site: string, shell: Shell): Proposal | undefined {
  try {
    return readKeptProposal(host, site)
  } catch (error) {
    const folder = proposalFolder(host, site)
    shell.note(
      'problem',
      `${INCOMPLETE}what waits for ${site} cannot be read; remove ${folder} to be rid of it: ${messageOf(error)}`,
      'configuration',
    )
    return undefined
  }
}

/** The end of a change of configuration: what was in force before is kept, where there was a change at all. */
export const keepConfiguration: Step<Changes, void> = {
  name: 'keep-configuration',
  title: 'Keep the previous configuration',
  run: async ({ host, secrets, request, site }, shell) => {
    await shell.act(`keep what was in force before for ${counted(host.keepPrevious, 'day')}`, async () => {
      const context = { host, secrets, shell }
      const pending = pendingOf(host, site.name)
      if (pending.exchanges.length === 0) await rollBackPending(context, site.name)
      else {
        const done = { ...pending, phase: 'kept', startedAt: shell.now() } as const
        writeJournal(host, site.name, { pending: undefined, kept: [...readJournal(host, site.name).kept, done] })
        const undo = request.command('recover', '--site', site.name, '--undo')
        const what = 'certificates or web server configuration were put in force'
        shell.note('significant', `${site.name}: ${what}; to put them back: ${undo}`)
      }
      await tidy(context, site.name)
    })
  },
}

/**
 * Makes the restored tree say what is true now: its marker and epoch name today's owner, whoever that was when the set
 * was made; and on the primary the allowance and frequency of the live site stay in force.
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
      await markRestored(tree, host, site, owner, shell)
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
  const { atime, mtime, mtimeMs } = folder.stat()
  return {
    [Symbol.dispose]: () => {
      if (folder.stat().mtimeMs !== mtimeMs) folder.setTimes(atime, mtime)
    },
  }
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
