import { INCOMPLETE } from '../core/finding.ts'
import { isWithin } from '../core/path.ts'
import { messageOf } from '../core/wording.ts'
import type { HostContext, Request, SitePlace } from '../host/site.ts'
import { commonWebServerFiles, webServerFiles, webServerFilesOf } from '../host/web-server-files.ts'
import type { Host } from '../inventory/schema.ts'
import type { SiteRights } from '../web-server/site-rights.ts'
import { type VirtualHost, virtualHosts } from '../web-server/virtual-hosts.ts'
import { digestOf, proposedFile, readApprovals } from './approvals.ts'
import { differenceOf, plainLine } from './line-diff.ts'
import { type CertificatePlan, planCertificates, siteNames } from './plan-certificates.ts'
import { type ConfigurationPlan, planConfiguration, type Waiting } from './plan-configuration.ts'
import type { ConfigurationFile, Piece, Proposal } from './proposal.ts'
import { oneSiteAtATime, putInPlace } from './system-exchange.ts'

/** What became of what a set brought for the system. */
export interface Installed {
  /** Names of the lineages that are in place now. */
  readonly lineages: readonly string[]
  /** What is to be tried again by every run, or waits for an administrator's word. */
  readonly left: Proposal
}

/**
 * Puts in force what may be, as a part of the restore that is under way, and tells of the rest: what cannot go in force
 * keeps nothing else from it, least of all the site's data, and waits.
 * @param id names the folders in which files are prepared
 * @param command makes commands for a person to type
 */
export async function putInForce(
  context: HostContext,
  site: SitePlace,
  id: string,
  proposal: Proposal,
  command: Request['command'],
): Promise<Installed> {
  const plan = planned(context, site, proposal)
  if (plan === undefined) return { lineages: [], left: proposal }
  const { certificates, configuration } = plan
  for (const remark of [...certificates.remarks, ...configuration.remarks]) context.shell.note('warning', remark)
  const [ofCertificates, ofConfiguration] = [piecesOf(certificates.put), piecesOf(configuration.put)]
  const unseen = piecesOf(configuration.put.filter(({ isApproved }) => !isApproved))
  // what nobody has approved is tried in a sandbox, with the certificates that it may name
  const isTried = (piece: Piece): boolean => unseen.length > 0 && (unseen.includes(piece) || ofCertificates.includes(piece))
  const inPlace = async (pieces: readonly Piece[]): Promise<string | undefined> =>
    pieces.length === 0 ? undefined : await oneSiteAtATime(() => putInPlace(context, site.name, id, pieces, isTried))
  const why = await inPlace([...ofCertificates, ...ofConfiguration])
  // which of the two the web server does not like: certificates that were checked can go in without the other
  const alone = why !== undefined && ofConfiguration.length > 0 ? await inPlace(ofCertificates) : why
  const left = leftOf(plan, { certificates: alone !== undefined, configuration: why !== undefined })
  reportLeft(context, plan, left, why)
  for (const each of configuration.waiting)
    context.shell.note('problem', waitingText(context.host, site.name, each, command), 'configuration')
  return { lineages: alone === undefined ? certificates.put.map(({ lineage }) => lineage.name) : [], left }
}

/** What is to be done; undefined, and told, where this host's own memory of the site is damaged. */
function planned({ host, shell }: HostContext, site: SitePlace, proposal: Proposal): SystemPlan | undefined {
  try {
    return planSystemFiles(host, site, proposal)
  } catch (error) {
    const names = [...proposal.lineages, ...proposal.files].map(({ name }) => name)
    if (names.length > 0) shell.note('problem', failedText(names, messageOf(error)), 'configuration')
    return undefined
  }
}

const piecesOf = (put: readonly { readonly pieces: readonly Piece[] }[]): Piece[] => put.flatMap(({ pieces }) => pieces)

function leftOf({ certificates, configuration }: SystemPlan, failed: Record<keyof SystemPlan, boolean>): Proposal {
  const left = [...configuration.waiting, ...(failed.configuration ? configuration.put : [])]
  return {
    lineages: failed.certificates ? certificates.put.map(({ lineage }) => lineage) : [],
    files: left.map(({ file }) => file),
    replaces: Object.fromEntries(left.map(({ file, replaces }) => [file.name, replaces])),
  }
}

function reportLeft(
  { shell }: HostContext,
  { certificates, configuration }: SystemPlan,
  left: Proposal,
  why: string | undefined,
): void {
  const put = [...certificates.put.map(({ lineage }) => lineage), ...configuration.put.map(({ file }) => file)]
  const isLeft = (one: (typeof put)[number]): boolean => [...left.lineages, ...left.files].includes(one)
  const inForce = put.filter(one => !isLeft(one)).map(({ name }) => name)
  if (inForce.length > 0) shell.note('info', `in force now: ${inForce.join(', ')}`)
  const failed = put.filter(isLeft).map(({ name }) => name)
  if (failed.length > 0) shell.note('problem', failedText(failed, why ?? ''), 'configuration')
}

/** Lines of a difference that a report shows. */
const SHOWN = 12

/** What is reported of configuration that the web server would not take. */
const failedText = (names: readonly string[], why: string): string =>
  `${INCOMPLETE}${names.join(', ')} of its backup ${names.length === 1 ? 'is' : 'are'} not in force yet, and every night tries again: ${why}`

/** What is reported of a file that waits for approval: why, how it differs from what is in force, and what to type. */
function waitingText(host: Host, site: string, waiting: Waiting, command: Request['command']): string {
  const { file, objections, inForce } = waiting
  const [first, ...more] = objections
  const besides = more.length === 0 ? '' : `, and ${more.length} more`
  const options = ['--site', site, '--file', file.name, '--digest', shortDigest([file])]
  return [
    `${INCOMPLETE}${file.name} of its backup waits to be approved, for line ${first!.line}: ${plainLine(first!.text)}${besides}`,
    ...differenceOf(inForce, file.text, SHOWN),
    `it lies in ${proposedFile(host, site, file.name)}`,
    `to put it in force: ${command('approve', ...options)}`,
    `to leave it out for good: ${command('approve', ...options, '--decline')}`,
  ].join('\n')
}

/** Names files byte for byte: who approves them by this approves what was shown. */
export const shortDigest = (files: readonly ConfigurationFile[]): string =>
  digestOf(JSON.stringify(files.map(({ name, text }) => [name, text]).toSorted())).slice(0, 32)

/** What is to be done with all that a set brings for the system. */
export interface SystemPlan {
  readonly certificates: CertificatePlan
  readonly configuration: ConfigurationPlan
}

const NO_CONFIGURATION: ConfigurationPlan = { put: [], waiting: [], remarks: [] }

/** Decides by what this host itself knows of the site: what the set says of it may be a stranger's. */
export function planSystemFiles(host: Host, site: SitePlace, proposal: Proposal): SystemPlan {
  const { files, lineages } = proposal
  const approvals = readApprovals(host, site.name)
  const names = siteNames(host, site, approvals)
  const claimed = [
    ...(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(site.name) ? [site.name.toLowerCase()] : []),
    ...claimedNames(host, site, files),
  ]
  const certificates = planCertificates(host, site, lineages, { ...names, claimed }, approvals)
  const { webServer } = host
  if (!webServer) return { certificates, configuration: NO_CONFIGURATION }
  const rights: SiteRights = {
    folder: site.folder,
    certificates: host.certificates,
    lineages: certificates.own,
    nameObjection: names.objection,
    ...inUse(host, site),
  }
  return { certificates, configuration: planConfiguration(webServer, site, proposal, rights, approvals) }
}

/** Names in the virtual hosts of a set that have their root in the site. */
function claimedNames(host: Host, site: SitePlace, files: Proposal['files']): string[] {
  const isOwn = ({ roots }: VirtualHost): boolean => roots.length > 0 && roots.every(root => isWithin(root, site.folder))
  return files
    .flatMap(({ text }) => virtualHosts(host.webServer?.kind ?? 'apache', text).filter(isOwn))
    .flatMap(({ domains }) => domains)
}

/** Ports on which the web server listens, and sockets that run this site's code already: its own, and those for all. */
function inUse(host: Host, site: SitePlace): Pick<SiteRights, 'ports' | 'sockets'> {
  const [common, enabled] = [commonWebServerFiles(host), webServerFiles(host)]
  const own = [...common, ...webServerFilesOf(enabled, site)].map(({ text }) => text).join('\n')
  const all = [...common, ...enabled].map(({ text }) => text).join('\n')
  const uncommented = (text: string): string => text.replace(/^\s*#.*$/gm, '')
  const sockets = [...uncommented(own).matchAll(/\bunix:(\/[^\s|;"']+)/g)].map(match => match[1]!)
  const ports = [...uncommented(all).matchAll(/\blisten\s+(?:\S*:)?(\d{1,5})[\s;]/gi)].map(match => Number(match[1]))
  return { sockets: [...new Set(sockets)], ports: [...new Set([80, 443, ...ports])] }
}
