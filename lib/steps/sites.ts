import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { BadInput } from '../core/bad-input.ts'
import { nextToDrill } from '../core/drill.ts'
import { claimsIn, type Role, roleOf } from '../core/marker.ts'
import type { SiteReport } from '../core/site-report.ts'
import { claimText } from '../core/verdict.ts'
import { counted, listed, messageOf } from '../core/wording.ts'
import { prepareServer } from '../database/own-server.ts'
import type { Many, Step } from '../engine/step.ts'
import { epochFileIn } from '../host/local-owner.ts'
import { OpenedFolder } from '../host/opened-folder.ts'
import { readRecord } from '../host/records.ts'
import {
  isSiteName,
  type LocalSite,
  type PrimarySite,
  placeOf,
  type Request,
  type Roles,
  type Site,
  siteDeadline,
  sitesAtOnce,
  webRootIn,
} from '../host/site.ts'
import type { Host } from '../inventory/schema.ts'
import { readJournal } from '../restore/journal.ts'
import { desktopSite } from '../site/desktop.ts'
import { type ArchivedClaims, readArchivedClaims } from '../store/archived-claims.ts'
import type { Needs } from '../store/facts.ts'
import { configsIn } from '../wordpress/find-config.ts'

/** Finds the sites on this host: every folder of the vhosts root with a `SITE` in it, or with a marker. */
export const findSites: Step<Needs<'host'>, Needs<'localSites'>> = {
  name: 'find-sites',
  title: ({ host }) => `Find the sites in ${host.vhosts}`,
  run: async ({ host }, shell) => {
    const { sites, oddNames } = isWithoutSites(host) ? { sites: [], oddNames: [] } : sitesIn(host.vhosts)
    shell.note('info', `${counted(sites.length, 'site')} found`)
    for (const { name, unreadable } of sites) if (unreadable) shell.note('problem', `${name}: ${unreadable}`)
    if (oddNames.length > 0)
      shell.note(
        'warning',
        `no site can have such a name, with control characters or other than UTF-8, and what is in it is left alone: ${listed(oddNames)}`,
      )
    return { localSites: sites }
  },
}

/** The same for a run that works on them: most ask the database server something, whose client takes long to begin. */
export const findSitesToWorkOn: typeof findSites = {
  ...findSites,
  run: async (facts, shell) => {
    const found = await findSites.run(facts, shell)
    if (found.localSites.length > 0) prepareServer({ ...facts, shell })
    return found
  },
}

/** A desktop keeps no sites, and replicates none, unless it has a folder for them. */
const isWithoutSites = ({ desktop, vhosts }: Host): boolean =>
  desktop !== undefined && lstatSync(vhosts, { throwIfNoEntry: false }) === undefined

/** @returns the sites, and the names of folders that no site can have */
function sitesIn(folder: string): { sites: LocalSite[]; oddNames: string[] } {
  using vhosts = opened(folder)
  const visible = vhosts.names().filter(name => !name.startsWith('.'))
  const isOdd = (name: string): boolean => !isSiteName(name) || (name.includes('\ufffd') && vhosts.look(name) === undefined)
  const { odd = [], plain = [] } = Object.groupBy(visible, name => (isOdd(name) ? 'odd' : 'plain'))
  return { sites: plain.map(name => lookOrWarn(vhosts, name)).filter(site => site !== undefined), oddNames: odd }
}

/** One folder that cannot be looked into never stops the others: what is there belongs to nobody that is known. */
function lookOrWarn(vhosts: OpenedFolder, name: string): LocalSite | undefined {
  try {
    return look(vhosts, name)
  } catch (error) {
    const unreadable = `its folder cannot be looked into: ${messageOf(error)}`
    return { name, folder: join(vhosts.name, name), claims: [], wpConfig: undefined, unreadable }
  }
}

function opened(folder: string): OpenedFolder {
  try {
    return OpenedFolder.openNamed(folder)
  } catch (error) {
    throw new BadInput(`vhosts: cannot list ${folder}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

/** Reads a site's folder once: what is found of it is of one and the same listing. */
function look(vhosts: OpenedFolder, name: string): LocalSite | undefined {
  // a link is no site: what it points to is, if it lies here, and is none of ours if it does not
  using site = vhosts.plainFolder(name)
  if (!site) return undefined
  const folder = join(vhosts.name, name)
  const claims = claimsIn(site.names())
  const root = webRootIn(site, folder)
  if (root.kind !== 'folder' && claims.length === 0) return undefined
  const [wpConfig] = configsIn(site, folder)
  return { name, folder, claims, epoch: epochFileIn(site), wpConfig, ...(root.kind === 'refused' ? { refused: root.why } : {}) }
}

type Gives = Needs<'roles'>

/**
 * Decides what each site is on this host, from its markers and epochs here and beside its archive (S1 to S4), and says
 * what it leaves alone and why.
 */
export const decideRoles: Step<Needs<'host' | 'request' | 'localSites' | 'archive'>, Gives> = {
  name: 'roles',
  title: 'Determine roles',
  run: async ({ host, request, localSites, archive }, shell) => {
    const archived = isWithoutSites(host) ? new Map<string, ArchivedClaims>() : await readArchivedClaims(archive, shell)
    const names = [...new Set([...localSites.map(site => site.name), ...archived.keys()])].toSorted()
    const known = host.desktop ? [...names, desktopSite(host).name] : names
    const strangers = request.only.filter(name => !known.includes(name))
    if (strangers.length > 0)
      throw new BadInput(
        `--site: no site ${strangers.map(name => `"${name}"`).join(', ')}: neither in ${host.vhosts} nor in the archive${known.length > 0 && known.length < 20 ? `; there is ${known.join(', ')}` : ''}`,
      )
    for (const name of Object.keys(host.sites).filter(each => request.only.length === 0 && !names.includes(each)))
      shell.note(
        'warning',
        `sites.${name} in the inventory is for no site: none of that name is here${archive.kind === 'url' ? '' : ' or in the archive'}`,
      )
    const sites = names
      .filter(name => request.only.length === 0 || request.only.includes(name))
      .map(name => siteOf(name, host, localSites, archive.kind === 'url' ? undefined : (archived.get(name) ?? UNCLAIMED)))
    const roles = sortByRole(sites)
    for (const site of sites) shell.report(roleReport(site, request))
    for (const site of roles.others) shell.note('info', `${site.name}: ${claimText(roleReport(site, request))}`)
    shell.note(
      'info',
      `${counted(roles.primaries.length, 'primary', 'primaries')}, ${counted(roles.replicas.length, 'replica')}, ${roles.others.length} left alone`,
    )
    return { roles }
  },
}

/** The sites to back up. */
export const primaries: Many<Needs<'host' | 'roles'>, { site: PrimarySite }> = {
  list: ({ roles }) => roles.primaries.map(site => ({ site })),
  nameOf: ({ site }) => site.name,
  atOnce: ({ host }) => sitesAtOnce(host),
  deadline: siteDeadline,
}

/** The sites to restore from the archive. */
export const replicas: Many<Needs<'host' | 'roles'>, Needs<'site'>> = {
  list: ({ roles }) => roles.replicas.map(site => ({ site })),
  nameOf: ({ site }) => site.name,
  atOnce: ({ host }) => sitesAtOnce(host),
  deadline: siteDeadline,
}

/** The one site whose turn it is tonight. None in a run that a person makes for some sites, who waits for it. */
export const siteToDrill: Many<Needs<'host' | 'request' | 'archive'> & Needs<'roles'>, { site: PrimarySite }> = {
  list: ({ host, request, archive, roles }) => {
    if (host.drillTime === 0 || request.only.length > 0 || archive.kind === 'url') return []
    const site = nextToDrill(roles.primaries, ({ name }) => readRecord(host, name).drill)
    return site ? [{ site }] : []
  },
  nameOf: ({ site }) => site.name,
}

const UNCLAIMED: ArchivedClaims = { claims: [] }

function siteOf(name: string, host: Host, localSites: readonly LocalSite[], archived: ArchivedClaims | undefined): Site {
  const local = localSites.find(site => site.name === name)
  const { backedUpAs, epoch: known = local?.epoch } = readRecord(host, name)
  const { claims: archive, epoch, releasedTo } = archived ?? {}
  const claims = { here: local?.claims, archive, epoch, releasedTo, known, backedUpAs }
  const role = archived?.unreadable === undefined ? roleOf(claims, host.name) : unreadable(archived, local, host.name)
  return { ...placeOf(host, name), local, epoch, role: readJournal(host, name).pending ? unfinished(role) : role }
}

/** Whose a site is cannot be told from its archive: each host that a marker names may be its owner. */
function unreadable({ claims, unreadable }: ArchivedClaims, local: LocalSite | undefined, me: string): Role {
  const hosts = [...new Set([...claims, ...(local?.claims ?? []), me])]
  return {
    role: 'conflict',
    owner: undefined,
    reason: `whose it is cannot be read from its archive: ${unreadable}`,
    choices: hosts.map(keep => ({ meaning: `${keep} owns it`, keep })),
  }
}

/** A site in the middle of a restore that could not be rolled back yet is neither backed up nor restored. */
const unfinished = (role: Role): Role => ({
  ...role,
  role: 'unfinished',
  reason: 'a restore of it was interrupted and is not rolled back yet',
  choices: [],
})

function sortByRole(sites: readonly Site[]): Roles {
  const isPrimary = (site: Site): site is PrimarySite => site.role.role === 'primary'
  const isReplica = (site: Site): boolean => site.role.role === 'replica' || site.role.role === 'new replica'
  return {
    primaries: sites.filter(isPrimary),
    replicas: sites.filter(isReplica),
    others: sites.filter(site => !isPrimary(site) && !isReplica(site)),
  }
}

/**
 * What is known of a site before its archive is looked at: its role, and the ways to resolve a conflict, of which a
 * person has to choose one.
 */
export function roleReport({ name, role }: Site, request: Request): SiteReport {
  return {
    site: name,
    role: role.role,
    ...(role.owner === undefined ? {} : { owner: role.owner }),
    reason: role.reason,
    commandPlace: request.commandPlace,
    choices: role.choices.map(
      ({ meaning, keep }) => `if ${meaning}: ${request.command('resolve', '--site', name, '--keep', keep)}`,
    ),
  }
}
