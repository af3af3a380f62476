import type { Collection } from '../core/collection.ts'
import { meaningOf } from '../core/damage.ts'
import type { AuditedFiles } from '../core/known-file.ts'
import { withMarksOf } from '../core/set-record.ts'
import { filePrefixIn } from '../duplicity/args.ts'
import { filesListed, filesOfSetsLeft } from '../duplicity/known-files.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import { rememberOrTell } from '../host/state.ts'
import { withFiles, writeAuditedFiles } from '../store/audited-files.ts'
import { knownIn, type LookNeeds, withKnown } from './collection.ts'
import type { Needs } from './facts.ts'
import { readBack } from './read-back.ts'
import { listingTelling } from './site-telling.ts'

type CompareNeeds = LookNeeds & Needs<'collection' | 'limits'>

/**
 * Compares a site's archive with what was written down when its sets were made: what is missing, and what has another size. Manifests and signatures of which this host has a copy
 * are put back, before duplicity sees that they are gone and removes the copies too.
 */
export const compareFiles: Step<CompareNeeds, Needs<'collection'>> = {
  name: 'compare-files',
  title: 'Compare the archive with what was written',
  run: async (facts, shell) => {
    const { siteArchive, collection } = facts
    if (siteArchive.folder === undefined) return { collection }
    const known = await knownIn(facts, collection, shell)
    const damages = collection.damages ?? []
    const damaged = damages.filter(({ role }) => role !== 'volume').map(({ file }) => file)
    const { news, listed } = await readBack(facts, damaged, { known, listed: collection }, shell)
    const now = await rememberFiles(facts, { known, news, listed, collection }, shell)
    for (const damage of now.damages ?? []) shell.note('warning', `${damage.text}; ${meaningOf(now, damage)}`)
    if (damages.length > 0) shell.tell(listingTelling({ ...facts, collection: now }, shell.now()))
    return { collection: now }
  },
}

/** Remembers what is known of an archive's files, with those that are new to this host. Gives the collection as it is by that, with what `collection` tells of its sets. */
export async function rememberFiles(
  { host, site, siteArchive }: LookNeeds,
  { known, news, listed, collection }: { known: AuditedFiles; news: AuditedFiles; listed: Collection; collection: Collection },
  shell: Shell,
): Promise<Collection> {
  const left = filesOfSetsLeft(withFiles(known, news), listed, filePrefixIn(siteArchive.options))
  const all = withFiles(filesListed(listed), left)
  const isNew = Object.keys(news).length > 0 || Object.keys(all).toSorted().join() !== Object.keys(known).toSorted().join()
  if (isNew)
    await shell.act('remember the files of the archive', () =>
      rememberOrTell(shell, 'what is in the archive cannot be remembered', () => writeAuditedFiles(host, site.name, all)),
    )
  return withMarksOf(withKnown(listed, all, siteArchive), collection)
}
