import type { Lab } from '../lab.ts'

/** The files of each site's archive with their sizes, as the NAS has them: what Holdfast says of them is not asked. */
export type Archive = ReadonlyMap<string, ReadonlyMap<string, number>>

/** Looks into the share from the NAS itself. */
export async function lookIntoArchive(lab: Lab): Promise<Archive> {
  const found = await lab.sh('nas', "cd /srv/nas/holdfast 2>/dev/null && find . -name 'duplicity-*' -printf '%P %s\\n'; true")
  const sites = new Map<string, Map<string, number>>()
  for (const line of found.split('\n').filter(each => each !== '')) {
    const [, site = '', file = '', size] = /^([^/]+)\/([^/]+) (\d+)$/.exec(line) ?? []
    if (site === '') continue // set aside, a folder deeper
    sites.set(site, sites.get(site) ?? new Map())
    sites.get(site)!.set(file, Number(size))
  }
  return sites
}

const FULL = /^duplicity-full\.(\d{8}T\d{6})Z\.manifest/

/** When the full backups of a site were made, ms since the epoch, the oldest first. */
export function fullsOf(archive: Archive, site: string): number[] {
  const times = [...(archive.get(site)?.keys() ?? [])].flatMap(name => FULL.exec(name)?.[1] ?? [])
  return times.map(timeOf).toSorted((a, b) => a - b)
}

const timeOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'))

export const bytesOf = (archive: Archive, site: string): number =>
  [...(archive.get(site)?.values() ?? [])].reduce((sum, size) => sum + size, 0)

/** The files of a site that were there and are no more. */
export const goneFrom = (before: Archive, after: Archive, site: string): string[] =>
  [...(before.get(site)?.keys() ?? [])].filter(name => !after.get(site)?.has(name) && !name.includes('.part'))

/** The sets of a site, by the names of their manifests. */
export const setsOf = (archive: Archive, site: string): string[] =>
  [...(archive.get(site)?.keys() ?? [])].filter(name => name.includes('.manifest'))

const ENDED = /^duplicity-(?:full\.|inc\.\d{8}T\d{6}Z\.to\.)(\d{8}T\d{6})Z\.manifest/

/** When the last set of each chain of a site was made, the oldest chain first, the one that grows last. */
export function chainEnds(archive: Archive, site: string): number[] {
  const sets = setsOf(archive, site)
    .flatMap(name => ENDED.exec(name)?.[1] ?? [])
    .map(timeOf)
  const fulls = fullsOf(archive, site)
  return fulls.map((_, at) => Math.max(...sets.filter(time => time < (fulls[at + 1] ?? Number.POSITIVE_INFINITY))))
}
