import type { Deadline } from '../engine/patience.ts'
import type { Host } from '../inventory/schema.ts'
import type { SitePlace } from './facts.ts'

/** Until when all must be done that a run does for one site, so that the others' turn comes. */
export function siteDeadline({ host, site }: { readonly host: Host; readonly site: SitePlace }): Deadline {
  const own = site.settings.deadline
  return own === undefined
    ? { seconds: host.deadlines.site, setting: 'deadlines.site in the inventory' }
    : { seconds: own, setting: `sites.${site.name}.deadline in the inventory` }
}
