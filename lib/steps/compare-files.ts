import { meaningOf } from '../core/damage.ts'
import { knownIn } from '../duplicity/io/collection.ts'
import { readBack, rememberFiles } from '../duplicity/io/read-back.ts'
import type { Step } from '../engine/step.ts'
import { listingTelling } from '../site/report.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'

type CompareNeeds = LookNeeds & Needs<'collection' | 'limits'>

/**
 * Compares a site's archive with what was written down when its sets were made: what is missing, and what has another size. Manifests and signatures of which this host has a copy
 * are put back, before duplicity sees that they are gone and removes the copies too.
 */
export const compareFiles: Step<CompareNeeds, Needs<'collection'>> = {
  name: 'compare-files',
  title: 'Compare the archive with its records',
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
