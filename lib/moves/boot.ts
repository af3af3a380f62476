import type { SiteMode } from '../core/site-mode.ts'
import { counted, messageOf } from '../core/wording.ts'
import type { Shell } from '../engine/shell.ts'
import type { Condition, Hold, Step } from '../engine/step.ts'
import { updateRecord } from '../host/records.ts'
import { type LocalSite, placeOf, type SitePlace } from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { copyMode, setSiteMode } from '../site-mode/mode.ts'
import { checkMount, shareMount } from '../steps/archive.ts'
import { vpn } from '../steps/vpn.ts'
import type { Needs } from '../store/facts.ts'

/** Seconds that a VPN or a share may take at boot: the web server waits meanwhile. */
const AT_BOOT = 30

/** The archive, where it can be reached; else why not. */
type AtBoot = { readonly atBoot: { readonly held: Partial<Held>; readonly archive: Needs<'archive'>['archive'] | undefined } }
type Held = Needs<'vpnLease' | 'mounted'> & { readonly mountLease: boolean }

/** What cannot be reached in little time proves nothing; of a host that owns no site, none can be taken over. */
export const archiveAtBoot: Hold<Needs<'host' | 'request' | 'localSites'>, AtBoot> = {
  name: 'archive-at-boot',
  title: 'Reach the archive',
  up: async ({ host, request, localSites }, shell) => {
    const held: { -readonly [Name in keyof Held]?: Held[Name] } = {}
    if (host.archive.kind === 'url' || ownSites(host, localSites).length === 0) return { atBoot: { held, archive: undefined } }
    const hurried = withShortTimeouts(host)
    try {
      held.vpnLease = (await vpn.up({ host: hurried }, shell)).vpnLease
      Object.assign(held, await shareMount.up({ host: hurried, vpnLease: held.vpnLease }, shell))
      const { archive } = await checkMount.run({ host: hurried, request, mounted: held.mounted }, shell)
      return { atBoot: { held, archive } }
    } catch (error) {
      if (shell.stop.aborted) throw error
      shell.note('warning', `the archive cannot be reached, so nothing proves whose the sites are: ${messageOf(error)}`)
      return { atBoot: { held, archive: undefined } }
    }
  },
  down: async ({ host, atBoot }, shell) => {
    if (atBoot?.held.mounted) await shareMount.down({ host, vpnLease: 'none', ...atBoot.held }, shell)
    if (host.vpn && atBoot) await vpn.down({ host }, shell)
  },
}

function withShortTimeouts(host: Host): Host {
  const { archive, vpn: tunnel } = host
  const hurried = <Settings extends { readonly timeout: number }>(settings: Settings): Settings =>
    Object.assign({ ...settings }, { timeout: Math.min(settings.timeout, AT_BOOT) })
  return { ...host, archive: archive.kind === 'mount' ? hurried(archive) : archive, ...(tunnel && { vpn: hurried(tunnel) }) }
}

const ownSites = (host: Host, localSites: readonly LocalSite[]): readonly SitePlace[] =>
  localSites.filter(({ claims }) => claims.includes(host.name)).map(({ name }) => placeOf(host, name))

export const isReached: Condition<AtBoot, Needs<'archive'>> = ({ atBoot: { archive } }) =>
  archive ? { archive } : 'the archive cannot be reached'

/** Applies where nothing says whether the sites that this host owned are still its own. */
export const isUnproven: Condition<Needs<'host' | 'localSites'> & AtBoot, object> = ({ host, localSites, atBoot }) => {
  if (atBoot.archive !== undefined) return 'the archive says whose the sites are'
  if (host.archive.kind === 'url') return 'at a URL there are no epochs'
  return ownSites(host, localSites).length > 0 ? {} : 'this host owns no site'
}

/** Serves the sites whose owner nothing proves as `unproven` in the inventory says, until a later run proves it. */
export const serveUnproven: Step<Needs<'host' | 'secrets' | 'localSites'>, void> = {
  name: 'serve-unproven',
  title: ({ host }) => `Sites of unproven ownership: ${host.unproven}`,
  run: async ({ host, secrets, localSites }, shell) => {
    const sites = ownSites(host, localSites)
    const kind = host.unproven
    if (kind === 'serve') return shell.note('info', `${counted(sites.length, 'site is', 'sites are')} served all the same`)
    const made = kind === 'freeze' ? 'frozen' : 'read-only'
    for (const site of sites) {
      const mode: SiteMode = kind === 'freeze' ? { kind: 'frozen' } : copyMode(host, site)
      await shell.act(`remember that ${site.name} waits to be proven this host's`, () =>
        updateRecord(host, site.name, { unproven: true }),
      )
      const { guarded, why } = await setSiteMode({ host, secrets, shell }, site, mode)
      if (!guarded) shell.note('problem', `${site.name} is not ${made}: ${why ?? 'no reason is known'}`)
      else shell.note('problem', `${site.name} is ${made} until a run reaches the archive`)
    }
  },
}

export const serveProven: Step<Needs<'host' | 'secrets' | 'site'>, void> = {
  name: 'serve-proven',
  title: ({ site }) => `Serve ${site.name} again`,
  run: async ({ host, secrets, site }, shell: Shell) => {
    await setSiteMode({ host, secrets, shell }, site, { kind: 'open' })
    await shell.act(`remember that ${site.name} is this host's`, () => updateRecord(host, site.name, { unproven: undefined }))
    shell.note('significant', `${site.name} is this host's by its archive: it is served again`)
  },
}
