import { formatAge } from '../core/age.ts'
import { formatBytes, listed } from '../core/wording.ts'
import { tableOf } from './lines.ts'
import type { SiteJson, StatusJson } from './status.ts'
import { statusWords } from './verdict-words.ts'

const HEAD = ['', 'site', 'role', 'newest', 'reaches back', 'points', 'chains', 'size', 'allowance', 'verdict']

/**
 * The status for people: a table, then what is wrong, then what pruning would do next and why, then the verdict.
 * @param quiet only what somebody has to see to: nothing when all is well
 */
export function statusText(status: StatusJson, quiet = false): string {
  const { sites, archive, problems } = status
  const trouble = [...problems.map(text => `PROBLEM ${text}`), ...sites.flatMap(problemsOf)]
  if (quiet) return status.ok ? '' : [...trouble, statusWords(status)].join('\n')
  const rows = sites.map(site => rowOf(site, Date.parse(status.at)))
  return [
    `${status.host}, ${status.at.slice(0, 19).replace('T', ' ')} UTC. Archive: ${archive.reason}`,
    ...auditLine(sites),
    ...drilled(sites, Date.parse(status.at)),
    ...(rows.length === 0 ? [] : ['', ...tableOf([HEAD, ...rows], [5, 6, 7, 8])]),
    ...section('', [...trouble, ...sites.flatMap(warningsOf)]),
    ...section('Pruning in the next run:', sites.flatMap(nextOf)),
    '',
    status.ok ? 'all well' : statusWords(status),
  ].join('\n')
}

/** Since when the audit has read all files of the sites in the archive, or of which it has not yet. */
function auditLine(sites: readonly SiteJson[]): string[] {
  const own = sites.filter(
    ({ role, chains, bytes }) => (role === 'primary' || role === 'desktop') && chains.length > 0 && bytes !== null,
  )
  const unread = own.filter(({ allReadSince }) => allReadSince === null).map(({ name }) => name)
  if (own.length === 0) return []
  if (unread.length > 0) return [`Audit: not all files in the archive are read yet of ${listed(unread)}`]
  const since = own.map(({ allReadSince }) => allReadSince!).toSorted()[0]!
  return [`Audit: all files in the archive were read since ${since.slice(0, 19).replace('T', ' ')} UTC`]
}

/** How long ago a backup of each site was tried in a sandbox, where any was. */
function drilled(sites: readonly SiteJson[], now: number): string[] {
  const own = sites.filter(({ role }) => role === 'primary')
  if (own.every(({ lastDrill }) => lastDrill === null)) return []
  const ages = own.map(
    ({ name, lastDrill }) => `${name} ${lastDrill ? `${formatAge(now - Date.parse(lastDrill.at))} ago` : 'not yet'}`,
  )
  return [`Last restore drill: ${listed(ages)}`]
}

function rowOf(site: SiteJson, now: number): string[] {
  const { name, role, newestBackup, oldestBackup, restorePoints, chains, bytes, allowanceBytes, verdict } = site
  const age = (time: string | null): string => (time === null ? '-' : formatAge(now - Date.parse(time)))
  return [
    site.ok ? '' : '!',
    name,
    role,
    age(newestBackup),
    age(oldestBackup),
    String(restorePoints),
    String(chains.length),
    formatBytes(bytes ?? undefined),
    formatBytes(allowanceBytes),
    verdict === 'failed' ? 'FAILED' : verdict,
  ]
}

const problemsOf = ({ name, problems }: SiteJson): string[] => problems.map(text => `PROBLEM ${name}: ${text}`)
const warningsOf = ({ name, warnings }: SiteJson): string[] => warnings.map(text => `warning ${name}: ${text}`)

function nextOf({ name, next }: SiteJson): string[] {
  if (!next) return []
  const { action, reason, freesBytes, considered } = next
  if (action === 'none') return [`  ${name}: none. ${reason}`]
  const others = considered.filter(({ applies }) => !applies).map(each => `    not ${each.action}: ${each.reason}`)
  return [`  ${name}: ${action}, frees ${formatBytes(freesBytes ?? undefined)}. ${reason}`, ...others]
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', ...(title === '' ? [] : [title]), ...lines]
