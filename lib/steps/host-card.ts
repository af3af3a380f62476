import type { HostCard } from '../core/host-card.ts'
import { messageOf } from '../core/wording.ts'
import type { Step } from '../engine/step.ts'
import { hostCard } from '../site/host-card.ts'
import type { Needs } from '../store/facts.ts'
import { writeHostCard } from '../store/host-cards.ts'
import { ShareFiles } from '../store/share-files.ts'

type Leaves = Needs<'host' | 'secrets' | 'request' | 'archive' | 'roles'>

/**
 * Leaves what this host can run in the archive, for the others: a site is handed over only to a host that can take it.
 * A card that cannot be written is told, and no backup is worse for it.
 */
export const leaveCard: Step<Leaves, void> = {
  name: 'host-card',
  title: ({ host }) => `Write down what ${host.name} can run`,
  run: async ({ host, secrets, request, archive, roles }, shell) => {
    if (archive.kind === 'url' || archive.place === undefined) return
    if (request.only.length > 0) return shell.note('info', 'only some sites were asked for: the last whole run says more')
    try {
      const card = { ...(await hostCard({ host, secrets, shell })), sites: sitesOf(roles) }
      await writeHostCard(new ShareFiles(archive.place, shell.quick), card)
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('warning', `what ${host.name} can run could not be written down in the archive: ${messageOf(error)}`)
    }
  },
}

const sitesOf = ({ primaries, replicas }: Leaves['roles']): HostCard['sites'] => ({
  owned: primaries.map(({ name }) => name),
  replicated: replicas.map(({ name }) => name),
})
