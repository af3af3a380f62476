import type { Owes, Pays } from '../../engine/recipe.ts'
import type { Step } from '../../engine/step.ts'
import { COMPANION } from '../../host/companion.ts'
import { OpenedFolder } from '../../host/opened-folder.ts'
import { rememberOrTell } from '../../host/state.ts'
import { rememberLineages } from '../../restore/approvals.ts'
import { keepProposal } from '../../restore/kept-proposal.ts'
import { NO_PROPOSAL, type Proposal, readProposal } from '../../restore/proposal.ts'
import { type Installed, putInForce } from '../../restore/put-in-force.ts'
import type { Scope } from '../../restore/scope.ts'
import type { Restoring } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'

type Restores = Needs<'host' | 'secrets' | 'request' | 'site'> & { restoring: Restoring; scope: Scope }

/** Reads the certificates and the web server configuration of the set while nobody else can reach its files, and takes copies of the kind that is wanted. */
export const readSystemFiles: Step<Restores, { proposal: Proposal }> = {
  name: 'read-system-files',
  title: 'Read certificates and web server configuration',
  run: async ({ request, restoring, scope }, shell) => {
    if (!scope.files || request.dryRun) return { proposal: NO_PROPOSAL }
    using tree = OpenedFolder.open(restoring.tree)
    using companion = tree.folderIfThere(COMPANION)
    return { proposal: companion ? readProposal(companion, text => shell.note('warning', text)) : NO_PROPOSAL }
  },
}

/**
 * Phase (f): certificates and web server configuration of the set. They may be a stranger's: what this host does not know as harmless or approved is not put in
 * force. What cannot be put in force waits, and the site is restored all the same.
 */
export const installSystemFiles: Step<
  Restores & { proposal: Proposal },
  { installed: Installed | undefined } & Owes<'rememberLeft'>
> = {
  name: 'system-files',
  title: 'Install certificates and web server configuration',
  run: async ({ host, secrets, request, site, restoring, scope, proposal }, shell) => {
    let installed: Installed | undefined
    if (!scope.files) return { installed }
    await shell.act(
      `put certificates and configuration of ${site.name} in force, as far as they are known to be harmless`,
      async () => {
        installed = await putInForce({ host, secrets, shell }, site, restoring.id, proposal, request.command)
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
