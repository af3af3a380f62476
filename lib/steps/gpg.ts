import { newestSet, primaryChain } from '../core/collection.ts'
import { printTime, type RestorePoint } from '../core/restore-point.ts'
import { cannotWrite } from '../core/wording.ts'
import { addMark, decrypts, leaveFormerChain, refusal, wordFor } from '../duplicity/io/encryption.ts'
import type { Shell } from '../engine/shell.ts'
import type { Step } from '../engine/step.ts'
import type { Encryption } from '../store/archive.ts'
import { isEncryptionOf, isSlow, MARKS, markAt, readMarks } from '../store/encryption-marks.ts'
import type { LookNeeds, Needs } from '../store/facts.ts'
import { filesOfSite } from '../store/share-files.ts'

/** A person says that the passphrase or key was changed on purpose. */
export interface EncryptionRequest {
  readonly newPassphrase: boolean
}

/**
 * Makes sure that what this host encrypts with is what the newest chain is encrypted with, by a mark beside the sets
 * that tells it and is worthless to who reads it; where there is none, by decrypting a manifest of that chain.
 * duplicity would notice nothing: it has copies of all that it reads, and a chain of two passphrases restores with
 * neither.
 * @throws when it is another, unless a person said that it was changed: then a new chain is begun
 */
export const checkEncryption: Step<LookNeeds & Needs<'collection' | 'request'> & EncryptionRequest, Needs<'encryption'>> = {
  name: 'encryption',
  title: ({ host }) => `Check the ${wordFor(host)}`,
  run: async (facts, shell) => {
    const { host, secrets, site, siteArchive, collection, request, newPassphrase } = facts
    const files = filesOfSite(siteArchive, shell.quick)
    const chain = primaryChain(collection)
    if (files === undefined || chain === undefined) return proven(0, false)
    const marks = await readMarks(files)
    const mark = marks.at(-1)
    const isSame = mark === undefined ? await decrypts(facts, shell) : await isEncryptionOf(mark, host, secrets)
    if (isSame) {
      const isWell = mark !== undefined && !isSlow(mark, host)
      const [since, former] = [mark?.since ?? chain.full.time, marks.slice(0, -1)]
      const isNew =
        !isWell && (await couldMark(files.pathOf(MARKS), () => addMark(facts, files, { marks: former, since }), shell))
      return proven(mark?.since ?? 0, mark !== undefined || isNew)
    }
    if (!newPassphrase) throw new Error(refusal(host, site, mark, request))
    // a set is of the second in which it is begun, which may be this one
    const since = Math.max(Math.floor(shell.now() / 1000) * 1000, newestSet(collection)!.time + 1000)
    await shell.act('leave the former chain', () => leaveFormerChain(facts))
    await addMark(facts, files, { marks: mark === undefined ? [] : marks, since })
    const until = `what was backed up until ${printTime(newestSet(collection)!.time)} can be read with the former one only`
    shell.note('significant', `a new ${wordFor(host)}: a new chain is begun, and ${until}`)
    return proven(since, true)
  },
}

/** On a full archive the mark can wait: what makes room there comes after this. */
async function couldMark(path: string, mark: () => Promise<void>, shell: Shell): Promise<boolean> {
  try {
    await mark()
    return true
  } catch (error) {
    if (shell.stop.aborted) throw error
    shell.note('warning', `${cannotWrite(path, error).message}: the next run tries it again`)
    return false
  }
}

const proven = (since: number, isMarked: boolean) => ({ encryption: { since, isMarked } as Encryption })

/** Makes sure, before anything is fetched, that this host can decrypt a restore point. @throws when it cannot */
export const checkDecryption: Step<LookNeeds & { readonly point: RestorePoint }, void> = {
  name: 'decryption',
  title: ({ host }) => `Check the ${wordFor(host)}`,
  run: async ({ host, secrets, site, siteArchive, point }, shell) => {
    const files = filesOfSite(siteArchive, shell.quick)
    const marks = files === undefined ? [] : await readMarks(files)
    const mark = markAt(marks, point.chain.full.time)
    if (mark === undefined || (await isEncryptionOf(mark, host, secrets))) return
    const next = marks[marks.indexOf(mark) + 1]
    const former = next === undefined ? 'another' : `the one that was used until ${printTime(next.since)}`
    throw new Error(
      `the backup of ${site.name} of ${printTime(point.time)} is encrypted with another ${wordFor(host)} than this host has (says ${MARKS} beside the sets): it can be restored with ${former}`,
    )
  },
}
