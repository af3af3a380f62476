import { INCOMPLETE } from '../../core/incomplete.ts'
import { messageOf } from '../../core/message.ts'
import type { Owes } from '../../engine/recipe.ts'
import type { Shell } from '../../engine/shell.ts'
import type { Condition, Hold, Step } from '../../engine/step.ts'
import type { Host } from '../../inventory/schema.ts'
import { pendingOf, readJournal, updatePending, writeJournal } from '../../restore/journal.ts'
import { hasKeptProposal, proposalFolder, readKeptProposal } from '../../restore/kept-proposal.ts'
import type { Proposal } from '../../restore/proposal.ts'
import { type Installed, putInForce } from '../../restore/put-in-force.ts'
import { rollBackPending, TO_PUT_BACK, tidy } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'
import { isBehind } from './choose.ts'
import type { Followed } from './hold-back.ts'

/** Applies to a site of which certificates or configuration are not in force yet. */
export const isIncomplete: Condition<Needs<'host' | 'site'>, object> = ({ host, site }) =>
  hasKeptProposal(host, site.name) ? {} : 'all that its backup brought is in force, or was left out'

/** The same for a replica about which no newer backup is to say something else now. */
export const isReplicaIncomplete: Condition<Needs<'host' | 'site' | 'collection'> & Followed, object> = facts =>
  typeof isBehind(facts) === 'string' ? isIncomplete(facts) : 'a newer backup is about to be put in place'

export type Changes = Needs<'host' | 'secrets' | 'request' | 'site'>

/** Configuration alone is changed, all or nothing: whatever stops it half-way, what was in force is so again. */
export const configurationTransaction: Hold<Changes, { changeId: string }> = {
  name: 'configuration',
  title: ({ site }) => `Prepare the configuration of ${site.name}`,
  up: async ({ host, request, site }, shell) => {
    const changeId = shell.now().toString(36)
    if (request.dryRun) return { changeId }
    updatePending(host, {
      id: changeId,
      site: site.name,
      task: 'configuration',
      phase: 'preparing',
      startedAt: shell.now(),
      point: undefined,
      holdings: [],
      exchanges: [],
      database: undefined,
      scratch: { databases: [], accounts: [] },
      tidied: true,
      safety: undefined,
    })
    return { changeId }
  },
  patience: TO_PUT_BACK,
  down: async ({ host, secrets, request, site }, shell) => {
    if (!request.dryRun) await rollBackPending({ host, secrets, shell }, site.name)
  },
}

/** Tries again what an earlier run could not put in force. */
export const installConfiguration: Step<
  Changes & { changeId: string },
  { installed: Installed | undefined } & Owes<'rememberLeft'>
> = {
  name: 'finish-configuration',
  title: ({ site }) => `Install the pending configuration of ${site.name}`,
  run: async ({ host, secrets, request, site, changeId }, shell) => {
    let installed: Installed | undefined
    await shell.act(
      `put certificates and configuration of ${site.name} in force, as far as they are known to be harmless`,
      async () => {
        const proposal = keptOrTold(host, site.name, shell)
        if (proposal) installed = await putInForce({ host, secrets, shell }, site, changeId, proposal, request.command)
      },
    )
    return { installed }
  },
}

/** What waits for the site; undefined, and told, where it cannot be read: the site's backup is made all the same. */
function keptOrTold(host: Host, site: string, shell: Shell): Proposal | undefined {
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
export const keepConfiguration: Step<Changes & { changeId: string }, void> = {
  name: 'keep-configuration',
  title: 'Keep the previous configuration',
  run: async ({ host, secrets, request, site }, shell) => {
    await shell.act(`keep what was in force before for ${host.keepPrevious} days`, async () => {
      const context = { host, secrets, shell }
      const pending = pendingOf(host, site.name)
      const { kept } = readJournal(host, site.name)
      const isChanged = pending.exchanges.length > 0
      if (isChanged) {
        const done = { ...pending, phase: 'kept', startedAt: shell.now() } as const
        writeJournal(host, site.name, { pending: undefined, kept: [...kept, done] })
        shell.note(
          'significant',
          `${site.name}: certificates or web server configuration were put in force; to put them back: ${request.command('recover', '--site', site.name, '--undo')}`,
        )
      } else await rollBackPending(context, site.name)
      await tidy(context, site.name)
    })
  },
}
