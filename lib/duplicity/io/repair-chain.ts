import { type Collection, type Damage, primaryChain, setsOf } from '../../core/collection.ts'
import type { Shell } from '../../engine/shell.ts'
import { filesKnownHere } from '../../store/audited-files.ts'
import type { LookNeeds, Needs } from '../../store/facts.ts'
import { filesOfSite } from '../../store/share-files.ts'
import { DuplicityError, type DuplicityFault } from '../errors.ts'
import { metadataNames } from '../known-files.ts'
import { archiveDirOf, copyOf, replaceCopies } from './archive-dir.ts'
import { listCollection } from './collection.ts'
import { readBack, rememberFiles } from './read-back.ts'

/** What duplicity says of a damaged manifest or signatures. */
const SIGNS: readonly DuplicityFault[] = [
  'manifest-mismatch',
  'manifest-unreadable',
  'no-signatures',
  'corrupt-volume',
  'other-source-host',
  'other-source-folder',
  'wrong-passphrase',
  'gpg-failed',
  'unknown',
]

/**
 * Looks, after a backup that failed, whether manifests and signatures of the chain are damaged. They are put back from
 * this host's copies; placeholders stand in for the others, so that duplicity can begin a new chain.
 * @returns the collection, to be backed up to once more; undefined where nothing of that was wrong
 */
export async function repairChain(
  facts: LookNeeds & Needs<'collection'>,
  error: unknown,
  shell: Shell,
): Promise<Collection | undefined> {
  const { host, site, siteArchive, collection } = facts
  const chain = primaryChain(collection)
  const mayHelp = error instanceof DuplicityError && SIGNS.includes(error.fault)
  if (!mayHelp || !chain || siteArchive.folder === undefined) return undefined
  const names = setsOf(chain).flatMap(set => metadataNames(set))
  const known = filesKnownHere(host, site.name, shell)
  const { news, listed, isRepaired } = await readBack(facts, names, { known, listed: collection }, shell)
  const after = await rememberFiles(facts, { known, news, listed, collection }, shell)
  const lost = after.damages?.filter(({ file }) => names.includes(file) && copyOf(facts, file, known) === undefined) ?? []
  const unreadable = lost.filter(({ role, file }) => role === 'manifest' && !file.endsWith('.gpg'))
  if (unreadable.length > 0) {
    await setAside(unreadable, siteArchive, shell)
    return await rememberFiles(facts, { known, news, listed: await listCollection(siteArchive, shell), collection }, shell)
  }
  const lostNames = lost.map(({ file }) => file)
  if (lost.length > 0)
    await shell.act('put placeholders for damaged files into the archive-dir', () =>
      replaceCopies(archiveDirOf(facts), lostNames),
    )
  return isRepaired || lost.length > 0 ? after : undefined
}

/** Gives damaged manifests a name that duplicity passes over: an unencrypted one that was cut off ends it. */
async function setAside(damaged: readonly Damage[], siteArchive: LookNeeds['siteArchive'], shell: Shell): Promise<void> {
  const files = filesOfSite(siteArchive, shell.quick)
  for (const { file } of damaged) {
    const to = `.holdfast-damaged.${file}`
    if (await files?.rename(file, to)) shell.note('warning', `${file} cannot be read, and is now called ${to}`)
  }
}
