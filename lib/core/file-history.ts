import { differenceOf, type FileMark } from './site-state.ts'

/** A file in one set: what it was, or undefined where it was not there. */
export interface FileInSet {
  /** Of the set, ms since the epoch. */
  readonly time: number
  readonly mark: FileMark | undefined
}

/** What became of a file between two sets. */
export interface FileEvent {
  readonly what: 'appeared' | 'changed' | 'went'
  /** The times of the two sets; of the first of all there is none before. */
  readonly after: number | undefined
  readonly by: number
}

/** Between which two sets a file appeared, changed or went. @param history oldest set first */
export function fileEvents(history: readonly FileInSet[]): readonly FileEvent[] {
  return history.flatMap(({ time, mark }, at) => {
    const before = history[at - 1]
    const list = (of: FileMark | undefined) => new Map(of ? [['', of]] : [])
    const { added, changed, removed } = differenceOf(list(before?.mark), list(mark))
    const what = added.length > 0 ? 'appeared' : changed.length > 0 ? 'changed' : removed.length > 0 ? 'went' : undefined
    return what ? [{ what, after: before?.time, by: time } as const] : []
  })
}
