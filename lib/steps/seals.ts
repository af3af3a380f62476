import { BadInput } from '../core/bad-input.ts'
import { messageOf } from '../core/wording.ts'
import { readCollection } from '../duplicity/io/collection.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Step } from '../engine/step.ts'
import { updateRecord } from '../host/records.ts'
import { desktopSite } from '../site/desktop.ts'
import { sealReport } from '../site/report.ts'
import { siteArchiveOf } from '../store/archive.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { lookAtSeals } from '../store/seals.ts'
import type { WriterRequest } from './archive.ts'

/** Whoever can write there can remove sets and records alike, but not what other hosts remember. It ends no backup. */
export const checkSeals: Step<LookNeeds & Needs<'collection'> & WriterRequest, void> = {
  name: 'seals',
  title: 'Check the seals of the archive',
  run: async (facts, shell) => {
    try {
      // what another machine of this name has sealed is right once a person has said that this one goes on from there
      await lookAtSeals(facts, facts.newMachine && facts.site.role.role === 'primary', shell)
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('problem', `whether sets were removed or replaced cannot be told: ${messageOf(error)}`)
    }
    reportSeals(facts, shell)
  },
}

/** Applies to sites that a person has looked at. */
export const isCleared: Condition<Needs<'site'> & ClearRequest, object> = ({ site, cleared }) =>
  cleared.includes(site.name) ? {} : 'nobody has looked at it'

/** Takes the archive as it is now for what it should be. */
export const acceptSeals: Step<Needs<'host' | 'secrets' | 'archive' | 'site'>, void> = {
  name: 'accept-seals',
  title: ({ site }) => `Accept the archive of ${site.name} as it is`,
  run: async ({ host, secrets, archive, site }, shell) => {
    const siteArchive = siteArchiveOf(archive, site.name)
    if (siteArchive.folder === undefined) return
    const collection = await readCollection({ host, secrets, site, siteArchive }, shell)
    await lookAtSeals({ host, site, siteArchive, collection }, true, shell)
  },
}

function reportSeals({ host, site }: Needs<'host' | 'site'>, shell: Shell): void {
  const report = sealReport({ host, site })
  shell.report({ site: site.name, ...report })
  if (report.seals) shell.note('info', report.seals.text)
}

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
