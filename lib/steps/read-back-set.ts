import { type BackupSet, type Collection, isWhole, newestSet, primaryChain } from '../core/collection.ts'
import { meaningOf } from '../core/damage.ts'
import type { SetRecord } from '../core/set-record.ts'
import { formatBytes } from '../core/size.ts'
import { filePrefixIn } from '../duplicity/args.ts'
import { markEncryption } from '../duplicity/io/encryption.ts'
import { readBack, rememberFiles } from '../duplicity/io/read-back.ts'
import { metadataNames, storedFiles } from '../duplicity/known-files.ts'
import type { Pays } from '../engine/recipe.ts'
import type { Condition, Step } from '../engine/step.ts'
import { siteReport } from '../site/report.ts'
import { filesKnownHere } from '../store/audited-files.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { recordSet } from '../store/set-records.ts'

/** What a backup made: undefined in a dry run. */
export interface Made {
  readonly made: { readonly set: BackupSet; readonly record: Omit<SetRecord, 'time'> } | undefined
}

type ReadBackNeeds = LookNeeds & Needs<'collection' | 'limits' | 'encryption' | 'freeSpace'> & Made

/**
 * Reads the manifest and the signatures of the set that was just made back from the archive, compares them with what was made, and writes down what its files are: on this host and
 * beside the set. Its volumes are known by their sizes now; their hashes are compared by the audit, which reads new ones first.
 */
export const readBackSet: Step<ReadBackNeeds, Needs<'collection'> & Pays<'reading back'>> = {
  name: 'read-back',
  title: 'Read back the new set',
  run: async (facts, shell) => {
    const { host, site, siteArchive, collection, made } = facts
    if (!made || siteArchive.folder === undefined) return { collection }
    const prefix = filePrefixIn(siteArchive.options)
    const known = filesKnownHere(host, site.name, shell)
    const names = metadataNames(made.set, prefix)
    const { news, listed } = await readBack(facts, names, { known, listed: collection }, shell)
    const after = await rememberFiles(facts, { known, news, listed, collection }, shell)
    const stored = storedFiles(newestSet(listed) ?? made.set, news)
    await recordSet(siteArchive, made.set.time, { ...made.record, stored }, shell, after)
    await markEncryption({ ...facts, collection: after }, shell)
    const found = after.damages?.filter(({ set }) => set === made.set.time) ?? []
    for (const damage of found) shell.note('warning', `${damage.text}; ${meaningOf(after, damage)}`)
    if (found.length > 0) shell.tell(siteReport({ ...facts, collection: after }, shell.now()))
    else shell.note('info', `manifest and signatures are as they were made, ${formatBytes(bytesOf(listed, names))}`)
    return { collection: after }
  },
}

const bytesOf = ({ files }: Collection, names: readonly string[]): number =>
  files.filter(({ name }) => names.includes(name)).reduce((sum, { bytes = 0 }) => sum + bytes, 0)

/** Applies where what was just made cannot be restored or added to: a new chain is begun at once. */
export const mustBeRepeated: Condition<Needs<'collection'> & Made, object> = ({ collection, made }) => {
  const newest = primaryChain(collection)
  if (!made || !newest || (isWhole(newest) && collection.primarySigned)) return 'what was made is whole'
  return {}
}
