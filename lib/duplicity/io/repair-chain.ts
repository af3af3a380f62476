import { type Collection, primaryChain, setsOf } from '../../core/collection.ts'
import type { Shell } from '../../engine/shell.ts'
import { filesKnownHere } from '../../store/audited-files.ts'
import type { LookNeeds, Needs } from '../../store/facts.ts'
import { filePrefixIn } from '../args.ts'
import { DuplicityError, type DuplicityFault } from '../errors.ts'
import { metadataNames } from '../known-files.ts'
import { archiveDirOf, copyOf, putPlaceholders } from './archive-dir.ts'
import { readBack, rememberFiles } from './read-back.ts'

/**
 * What duplicity says where a manifest or signatures are not as they should be: it reads the newest manifest before it
 * adds a set, and all that this host has no copy of.
 */
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
 * Looks, after a backup that failed, whether manifests and signatures of the chain are damaged. They are put back where
 * this host has copies; what it has none of is told as damage, and something stands in for it, so that duplicity can
 * begin a new chain.
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
  const prefix = filePrefixIn(siteArchive.options)
  const names = setsOf(chain).flatMap(set => metadataNames(set, prefix))
  const known = filesKnownHere(host, site.name, shell)
  const { news, listed, isRepaired } = await readBack(facts, names, { known, listed: collection }, shell)
  const after = await rememberFiles(facts, { known, news, listed, collection }, shell)
  const lost = after.damages?.filter(({ file }) => names.includes(file) && copyOf(facts, file, known) === undefined) ?? []
  if (lost.length > 0)
    await shell.act('put placeholders for damaged files into the archive-dir', () =>
      putPlaceholders(
        archiveDirOf(facts),
        lost.map(({ file }) => file),
      ),
    )
  return isRepaired || lost.length > 0 ? after : undefined
}
