import { BadInput } from '../core/bad-input.ts'
import type { Hold, Step } from '../engine/step.ts'
import type { SitePlace } from '../host/site.ts'
import { domainsOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import { lineagesOf } from '../restore/lineage.ts'
import { readSiteMode, setSiteMode } from '../site-mode/mode.ts'
import type { Needs } from '../store/facts.ts'

/** A site that is frozen for its last backup. */
export interface Frozen {
  /** Why it stays frozen when the hold goes down: it is, or may be, another host's. Set before it is let go. */
  stays: string | undefined
}

type Freezes = Needs<'host' | 'secrets' | 'site'>

/** Seconds that thawing may take after a stop. */
const TO_THAW = 30

/**
 * Nobody gets anything of the site but "try again soon", and nothing writes to it, until the hold goes down: unless
 * `frozen.stays` was set meanwhile.
 */
export const freeze: Hold<Freezes, { frozen: Frozen }> = {
  name: 'freeze',
  title: ({ site }) => `Freeze ${site.name}`,
  up: async ({ host, secrets, site }, shell) => {
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'frozen' })
    if (!guarded) throw new BadInput(`${site.name} cannot be frozen: ${why}`)
    if (why !== undefined) shell.note('warning', `${site.name} is frozen for visitors, but ${why}`)
    return { frozen: { stays: undefined } }
  },
  patience: TO_THAW,
  down: async ({ host, secrets, site, frozen }, shell) => {
    if (frozen?.stays !== undefined) return shell.note('info', `${site.name} stays frozen: ${frozen.stays}`)
    await setSiteMode({ host, secrets, shell }, site, { kind: 'open' })
  },
}

/** Where visitors of a copy find the main site, by its domains. */
export function mainSiteOf(host: Host, site: SitePlace): string {
  const domains = domainsOf(host, site)
  const domain = domains.find(each => !each.includes('*')) ?? 'localhost'
  return `${lineagesOf(host.certificates, domains).length > 0 ? 'https' : 'http'}://${domain}/`
}

/** Puts the guard of a replica in force before it is replaced, and keeps it so: it never acts on the world (S43). */
export const guardReplica: Step<Needs<'host' | 'secrets' | 'site'>, void> = {
  name: 'guard',
  title: ({ site }) => `Guard the replica of ${site.name}`,
  run: async ({ host, secrets, site }, shell) => {
    // one that moves is frozen, or shows the new host: that is more
    const { kind } = readSiteMode({ host }, site)
    if (kind === 'frozen' || kind === 'forward') return
    const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, { kind: 'copy', main: mainSiteOf(host, site) })
    if (guarded) return
    if (!site.local) shell.note('info', `its guard is to be proven once it is here: ${why}`)
    else shell.note('problem', `the replica is unguarded: what visitors set off in it acts on the world: ${why}`)
  },
}
