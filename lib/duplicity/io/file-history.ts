import type { FileInSet } from '../../core/bisection.ts'
import { type Collection, setsOf } from '../../core/collection.ts'
import type { FileMark } from '../../core/site-state.ts'
import type { Shell } from '../../engine/shell.ts'
import { makeScratch } from '../../host/scratch.ts'
import type { LookNeeds } from '../../store/facts.ts'
import { anyCopyOf } from './archive-dir.ts'
import { addSignatures } from './signature-file.ts'

/**
 * A file in each set of an archive, oldest first, by this host's copies of the signatures: nothing is fetched.
 * @returns and the times of the sets of which it has none
 */
export async function fileHistory(
  facts: LookNeeds,
  { chains }: Collection,
  path: string,
  shell: Shell,
): Promise<{ readonly known: readonly FileInSet[]; readonly unknown: readonly number[] }> {
  await using scratch = makeScratch(facts.host)
  const [known, unknown]: [FileInSet[], number[]] = [[], []]
  for (const chain of chains) {
    const files = new Map<string, FileMark>()
    let isKnown = true
    for (const { time, signatures, cutOff } of setsOf(chain)) {
      const copy = signatures && anyCopyOf(facts, signatures.name, {})
      isKnown &&= copy !== undefined
      if (isKnown && copy) await addSignatures(files, copy, scratch.path, shell)
      if (cutOff) continue
      if (isKnown) known.push({ time, mark: files.get(path) })
      else unknown.push(time)
    }
  }
  return { known, unknown }
}
