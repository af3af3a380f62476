import { setTimeout } from 'node:timers/promises'
import type { SiteAnswer } from '../../core/page.ts'
import type { Step } from '../../engine/step.ts'
import { httpCheck } from '../../host/http-check.ts'
import type { Swapped } from '../../restore/transaction.ts'
import type { Needs } from '../../store/facts.ts'

/**
 * Milliseconds for which PHP may go on with the code that it has in its cache: whoever asks earlier asks the former site. `opcache.revalidate_freq`, 2 s
 * as PHP is shipped, counts whole seconds, so that code which was looked at in the last moment of one is served to the end of the second after the next.
 */
const CACHED = 3_100

/** What the site answered before it was exchanged; undefined where no HTTP check: no domain or `check` configured. */
export type Asked = { before: SiteAnswer | undefined }
/** What it answers now, where it was asked: it works as it did before, or whoever restores it insists. */
export type Answered = { after: SiteAnswer | undefined }
/** What is put in place stays there though the site works no more: a person said so, or it is known to be of a site that did not work. */
export type Insisting = { insists: boolean }

/** Asks the site before anything of it is exchanged. */
export const httpCheckBefore: Step<Needs<'host' | 'site'>, Asked> = {
  name: 'http-check-before',
  title: 'HTTP check before the swap',
  run: async ({ host, site }, shell) => {
    const before = await httpCheck(host, site, shell.stop)
    shell.note('info', before ? before.said : 'no HTTP check: no domain or `check` configured')
    return { before }
  },
}

/** Phase (g): a site that worked before and does not now is not what was wanted, unless somebody insists: failing here puts everything back. */
export const httpCheckAfter: Step<Needs<'host' | 'site'> & Asked & Insisting & Swapped, Answered> = {
  name: 'http-check-after',
  title: 'HTTP check after the swap',
  run: async ({ host, site, before, insists }, shell) => {
    let after: SiteAnswer | undefined
    await shell.act('ask the site over HTTP whether it answers as it did', async () => {
      if (!before) return
      await setTimeout(CACHED, undefined, { signal: shell.stop })
      after = await httpCheck(host, site, shell.stop)
      if (!after) return
      if (before.works && !after.works && !insists)
        throw new Error(`it answered ${before.said} before and ${after.said} after the restore`)
      shell.note(after.works || before.status === undefined ? 'info' : 'warning', `${after.said} (${before.said} before)`)
    })
    return { after }
  },
}
