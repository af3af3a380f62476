import type { FileRef } from '../core/collection.ts'
import { type Epoch, isOfLostEpoch } from '../core/epoch.ts'
import { type DuplicityName, parseName } from './names.ts'

/**
 * Files of sets that a host added after it had lost the site: nobody counts these. By their names alone, for a host
 * that comes back, or whose run was cut off, says nothing of them.
 * @param files all of the archive @param prefix the text of `--file-prefix`
 */
export function filesOfLostEpochs(files: readonly FileRef[], epoch: Epoch | undefined, prefix = ''): readonly FileRef[] {
  if (epoch === undefined) return []
  const named = files.flatMap(ref => {
    const parts = parseName(ref.name, prefix)
    return parts ? [{ ref, parts }] : []
  })
  const baseOf = new Map(named.flatMap(({ parts }) => (parts.baseTime === undefined ? [] : [[parts.time, parts.baseTime]])))
  const chainBegan = ({ time, baseTime }: DuplicityName): number => {
    let began = baseTime ?? time
    // each base is older, or the names are nonsense
    for (let base = baseOf.get(began); base !== undefined && base < began; base = baseOf.get(began)) began = base
    return began
  }
  const isLost = ({ parts }: { parts: DuplicityName }): boolean =>
    isOfLostEpoch({ time: parts.time, chainBegan: chainBegan(parts) }, epoch)
  return named.filter(isLost).map(({ ref }) => ref)
}
