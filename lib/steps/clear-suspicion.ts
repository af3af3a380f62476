import { BadInput } from '../core/bad-input.ts'
import type { Step } from '../engine/step.ts'
import { updateRecord } from '../host/records.ts'
import { desktopSite } from '../site/desktop.ts'
import type { Needs } from '../store/facts.ts'

/** What the command line says of suspect sites. */
export interface ClearRequest {
  /** Names of sites that a person has looked at. */
  readonly cleared: readonly string[]
}

/** Remembers that a person has looked at suspect sites, and that what their sets hold until now is as it should be. */
export const clearSuspicion: Step<Needs<'host' | 'localSites'> & ClearRequest, void> = {
  name: 'clear-suspicion',
  title: 'Clear suspicions',
  run: async ({ host, localSites, cleared }, shell) => {
    const names = [...localSites.map(({ name }) => name), ...(host.desktop ? [desktopSite(host).name] : [])]
    const unknown = cleared.find(name => !names.includes(name))
    if (unknown !== undefined) throw new BadInput(`--clear: no site "${unknown}" here`)
    for (const name of cleared)
      await shell.act(`remember that ${name} was looked at`, () => updateRecord(host, name, { cleared: shell.now() }))
  },
}
