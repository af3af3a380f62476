import { allReadSince, nightsToReadAll, planAudit } from '../core/audit.ts'
import type { Damage } from '../core/collection.ts'
import { meaningOf } from '../core/damage.ts'
import { MEGABYTE } from '../core/limits.ts'
import { printTime } from '../core/restore-point.ts'
import { withMarksOf } from '../core/set-record.ts'
import { formatBytes } from '../core/size.ts'
import { counted } from '../core/wording.ts'
import { auditablesOf, compareHashes, hashesOf, type SiteAudit } from '../duplicity/io/audit-volumes.ts'
import { knownIn, listCollection, readCollection, withKnown } from '../duplicity/io/collection.ts'
import { readBack, rememberFiles } from '../duplicity/io/read-back.ts'
import type { Shell } from '../engine/shell.ts'
import type { Many, Step } from '../engine/step.ts'
import { readLimits, type Site, siteDeadline } from '../host/site.ts'
import { siteReport } from '../site/report.ts'
import { siteArchiveOf } from '../store/archive.ts'
import { withFiles } from '../store/audited-files.ts'
import type { Needs } from '../store/facts.ts'
import { ShareFailure } from '../store/share-files.ts'

type Audits = { readonly audits: readonly SiteAudit[] }

type ChooseNeeds = Needs<'host' | 'secrets' | 'archive'>

/** Chooses what to read tonight of all sites that this host owns: one budget for all of them, the least recently read first. */
export const chooseFiles: Step<ChooseNeeds & Needs<'roles'>, Audits> = {
  name: 'choose-files',
  title: 'Choose files to verify',
  run: (facts, shell) => choose(facts, facts.roles.primaries, shell),
}

/** The same of a desktop's archive. */
export const chooseDesktopFiles: Step<ChooseNeeds & Needs<'site'>, Audits> = {
  name: 'choose-files',
  title: 'Choose files to verify',
  run: (facts, shell) => choose(facts, [facts.site], shell),
}

async function choose({ host, secrets, archive }: ChooseNeeds, owned: readonly Site[], shell: Shell): Promise<Audits> {
  if (archive.kind === 'url' || host.auditBudget === 0) {
    shell.note('info', archive.kind === 'url' ? 'what lies at a URL is not read' : 'auditBudget is 0')
    return { audits: [] }
  }
  const found = await Promise.all(
    owned.map(async site => {
      const siteArchive = siteArchiveOf(archive, site.name)
      try {
        const listed = await listCollection(siteArchive, shell)
        const known = await knownIn({ host, secrets, site, siteArchive }, listed, shell)
        return [{ site, siteArchive, listed, all: auditablesOf(site.name, listed, known) }]
      } catch (error) {
        // a file in the place of one site's folder: that site's own look has failed
        if (!(error instanceof ShareFailure) || error.code !== 'EKIND') throw error
        shell.note('info', `${site.name} is not read again: ${error.message}`)
        return []
      }
    }),
  )
  const sites = found.flat()
  const all = sites.flatMap(site => site.all)
  const budget = host.auditBudget * MEGABYTE
  const chosen = planAudit(all, budget)
  const sum = chosen.reduce((bytes, file) => bytes + file.bytes, 0)
  const since = allReadSince(all)
  const [oldest, nights] = [since === undefined ? '(not all yet)' : printTime(since), nightsToReadAll(all, budget)]
  shell.note(
    'info',
    `${chosen.length} of ${all.length} files, ${formatBytes(sum)}; all were read since ${oldest}${nights === undefined ? '' : `, and are read again within ${counted(nights, 'night')}`}`,
  )
  const audits = sites.map(site => ({ ...site, files: chosen.filter(file => file.site === site.site.name) }))
  return { audits: audits.filter(({ files }) => files.length > 0) }
}

/** The sites with files to read tonight. */
export const siteAudits: Many<Needs<'host'> & Audits, { audit: SiteAudit }> = {
  list: ({ audits }) => audits.map(audit => ({ audit })),
  nameOf: ({ audit }) => audit.site.name,
  deadline: ({ host, audit }) => siteDeadline({ host, site: audit.site }),
}

/**
 * Reads files of a site's archive and compares each with the hash that was written down when it was made. What differs is remembered until it is well again: nothing is built on
 * it. Manifests and signatures of which this host has a copy are put back.
 */
export const auditFiles: Step<Needs<'host' | 'secrets' | 'request' | 'freeSpace'> & { audit: SiteAudit }, void> = {
  name: 'audit',
  title: ({ audit }) => `Verify ${counted(audit.files.length, 'file')} of ${audit.site.name}`,
  run: async ({ host, secrets, request, freeSpace, audit }, shell) => {
    const { site, siteArchive, listed, files } = audit
    if (request.dryRun) return shell.note('info', `would read ${files.map(({ name }) => name).join(', ')}`)
    const facts = { host, secrets, site, siteArchive }
    const known = await knownIn(facts, listed, shell)
    const before = withKnown(listed, known, siteArchive)
    const hashes = await hashesOf(facts, audit, known, shell)
    const { news, suspect } = await compareHashes(facts, audit, withFiles(known, hashes), shell)
    const more = await readBack(
      facts,
      suspect.filter(name => hashes[name]?.wrong === undefined),
      { known: withFiles(known, hashes), listed },
      shell,
    )
    const all = { known, news: withFiles(withFiles(hashes, news), more.news), listed: more.listed, collection: listed }
    const after = await rememberFiles(facts, all, shell)
    const isNew = ({ text }: Damage): boolean => !before.damages?.some(damage => damage.text === text)
    const found = after.damages?.filter(isNew) ?? []
    for (const damage of found) shell.note('warning', `${damage.text}; ${meaningOf(after, damage)}`)
    if (found.length === 0 && after.damages?.length === before.damages?.length) return
    const { limits } = readLimits(host, site)
    const collection = withMarksOf(after, await readCollection(facts, shell))
    shell.tell(siteReport({ ...facts, collection, limits, freeSpace }, shell.now()))
  },
}
