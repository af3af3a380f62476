import { formatAge } from '../core/age.ts'
import { lacksFor } from '../core/host-card.ts'
import type { Step } from '../engine/step.ts'
import { moveNeedsOf } from '../site/move-needs.ts'
import type { Needs } from '../store/facts.ts'
import { readHostCard } from '../store/host-cards.ts'
import { ShareFiles } from '../store/share-files.ts'

type Checks = Needs<'host' | 'secrets' | 'request' | 'archive' | 'site' | 'siteArchive'> & { readonly to: string }

/**
 * Looks whether the other host can take the site, by what its last night left in the archive. What differs there is
 * told. @throws when something is missing, a line each
 */
export const checkOtherHost: Step<Checks, void> = {
  name: 'check-other-host',
  title: ({ site, to }) => `Check that ${to} can take ${site.name}`,
  run: async ({ host, secrets, archive, site, siteArchive, to }, shell) => {
    if (archive.kind === 'url' || archive.place === undefined) return
    const card = await readHostCard(new ShareFiles(archive.place, shell.quick), to)
    if (!card)
      throw new Error(`nothing is known of ${to}: it leaves what it can run in the archive each night. Run its nightly.ts first`)
    const needs = await moveNeedsOf({ host, secrets, shell }, site, siteArchive)
    const { missing, differs } = lacksFor(needs, card)
    for (const text of differs) shell.note('warning', `${to}: ${text}`)
    if (missing.length > 0) throw new Error(missing.map(text => `${to} cannot take ${site.name}: ${text}`).join('\n'))
    shell.note('info', `${to} has what ${site.name} needs, as of ${formatAge(shell.now() - card.time)} ago`)
  },
}
