import { differenceOf, type FileMark } from './site-state.ts'

/** What is known of one night: the site worked, it did not, it cannot be tried, or nobody knows yet. */
export type Night = 'good' | 'bad' | 'cannot be tried' | undefined

/** The search for the last night on which a site worked: which to try next, or between which two it ends. */
export type Bisection =
  | { readonly next: number }
  /** Undefined where even the oldest did not work, or the newest does. */
  | { readonly next: undefined; readonly good: number | undefined; readonly bad: number | undefined }

/**
 * The next step of the search. The newest night is tried first: where it works there is nothing to find. Then the one
 * in the middle of what is left. @param nights oldest first
 */
export function bisect(nights: readonly Night[]): Bisection {
  const newest = nights.findLastIndex(night => night !== 'cannot be tried')
  if (newest >= 0 && nights[newest] === undefined) return { next: newest }
  const good = nights.lastIndexOf('good')
  const bad = nights.findIndex((night, at) => at > good && night === 'bad')
  const end = { next: undefined, good: good < 0 ? undefined : good, bad: bad < 0 ? undefined : bad }
  if (bad < 0) return end
  const middle = (good + bad) / 2
  const open = nights.flatMap((night, at) => (night === undefined && at > good && at < bad ? [at] : []))
  const [next] = open.toSorted((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
  return next === undefined ? end : { next }
}

/** A file in one set: what it was, or undefined where it was not there. */
export interface FileInSet {
  /** Of the set, ms since the epoch. */
  readonly time: number
  readonly mark: FileMark | undefined
}

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
