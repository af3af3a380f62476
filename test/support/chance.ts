/** A source of chance that gives the same for the same seed (mulberry32): `chance(n)` is a whole number below n. */
export type Chance = (below: number) => number

export function chanceFrom(seed: number): Chance {
  let state = seed
  return below => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}
