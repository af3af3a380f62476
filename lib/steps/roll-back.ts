import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../core/wording.ts'
import type { Step } from '../engine/step.ts'
import { removeScratch } from '../host/scratch.ts'
import { removeUnfinished } from '../host/whole-file.ts'
import type { Host } from '../inventory/schema.ts'
import { readJournal } from '../restore/journal.ts'
import { leftBehind } from '../restore/left-behind.ts'
import type { Needs } from '../store/facts.ts'

/** The sites whose interrupted restore was rolled back at the beginning of this run. */
export interface RolledBack {
  readonly rolledBack: readonly string[]
}

/**
 * Finishes what restores of earlier runs left: one that was cut short is rolled back, and what was kept for long enough
 * is removed. A site that cannot be rolled back now (the database server is down) is left alone by the rest of the run:
 * its role says so.
 */
export const rollBackInterrupted: Step<Needs<'host' | 'secrets' | 'request'>, RolledBack> = {
  name: 'roll-back',
  title: 'Roll back interrupted restores',
  run: async ({ host, secrets, request }, shell) => {
    const rolledBack: string[] = []
    if (!request.dryRun) {
      removeScratch(host)
      removeUnfinished(host.paths.state)
    }
    for (const site of sitesWithJournal(join(host.paths.state, 'restores'))) {
      if (request.dryRun) continue
      try {
        const { rollBackTransaction, tidy } = await import('../restore/transaction.ts')
        const context = { host, secrets, shell }
        const taken = await rollBackTransaction(context, site)
        if (taken) {
          rolledBack.push(site)
          const also = taken.phase === 'kept' ? `; what was live meanwhile is kept in ${taken.holdings[0]}` : ''
          shell.note('significant', `${site}: an interrupted restore was rolled back; the site is as it was before${also}`)
        }
        await tidy(context, site)
      } catch (error) {
        const isPending = isUnfinished(host, site)
        const what = isPending
          ? 'an interrupted restore cannot be rolled back yet, and the site is left alone until it is'
          : 'what an earlier restore kept cannot be removed yet'
        shell.note('problem', `${site}: ${what}: ${messageOf(error)}`)
      }
    }
    if (!request.dryRun) for (const text of await leftBehind({ host, secrets, shell })) shell.note('warning', text)
    return { rolledBack }
  },
}

/** A journal that cannot be read may hold an interrupted restore. */
function isUnfinished(host: Host, site: string): boolean {
  try {
    return readJournal(host, site).pending !== undefined
  } catch {
    return true
  }
}

function sitesWithJournal(folder: string): string[] {
  try {
    const files = readdirSync(folder).filter(name => name.endsWith('.json'))
    return files.map(name => decodeURIComponent(name.slice(0, -'.json'.length))).toSorted()
  } catch {
    return []
  }
}
