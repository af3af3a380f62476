/** Gives a function that begins work when all that it was given before has ended, well or not. */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve()
  return work => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
}

/**
 * What work gives of each item, in their order, some of them worked on at the same time.
 * @throws what failed, of several one, once all that was begun has ended; nothing is begun after a failure
 */
export async function together<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const next = items.entries()
  let hasFailed = false
  const workOn = async (): Promise<void> => {
    for (const [at, item] of next) {
      if (hasFailed) return
      results[at] = await work(item).catch(error => {
        hasFailed = true
        throw error
      })
    }
  }
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, workOn))
  for (const end of ended) if (end.status === 'rejected') throw end.reason
  return results
}
