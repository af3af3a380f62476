import { roomToRestore, type Stage, stagesBeside } from '../core/room.ts'

/** What the restores need that this run has under way, by their sites. */
const taken = new Map<string, readonly Stage[]>()
let given = Promise.withResolvers<void>()

/**
 * Keeps room on the disks for a restore until it is given back. While others are under way beside which it may not fit,
 * it waits for one of them to end, and looks again.
 * @param look what it needs, and what is free by now
 */
export async function takeRoom<Seen extends { readonly stages: readonly Stage[] }>(
  site: string,
  look: () => Promise<Seen | undefined>,
): Promise<Seen | undefined> {
  for (;;) {
    const { promise } = given
    const seen = await look()
    const stages = seen?.stages ?? []
    const others = [...taken].flatMap(([name, each]) => (name === site ? [] : [each]))
    const { refusal, doubt } = roomToRestore(stagesBeside(stages, others))
    if (others.length === 0 || (refusal ?? doubt) === undefined) {
      taken.set(site, stages)
      return seen
    }
    await promise
  }
}

/** Gives it back. */
export function giveRoomBack(site: string): void {
  taken.delete(site)
  given.resolve()
  given = Promise.withResolvers()
}
