/** What the parts of a move took when it was rehearsed, in seconds. */
export interface Rehearsal {
  /** The dump of its databases; 0 for a site without any. */
  readonly dumped: number
  /** The last backup, which finds little that is new. */
  readonly backedUp: number
  /** The files of the newest backup, restored into a sandbox. */
  readonly restored: number
  /** Its dumps, imported there. */
  readonly imported: number
}

/** Seconds for what cannot be rehearsed: the web server is told twice, and the new set is read back. */
const BESIDES = 4

/** How long nobody can write to the site, and how long the other host needs for it, at most, in one line. */
export function rehearsalText({ dumped, backedUp, restored, imported }: Rehearsal): string {
  return `freeze ${durationText(dumped + backedUp + BESIDES)}, takeover ${durationText(restored + imported + BESIDES)}`
}

/** Seconds for people, rounded up: `41 s`, `1 min 50 s`. */
export function durationText(seconds: number): string {
  const whole = Math.ceil(seconds)
  const rest = whole % 60 === 0 ? '' : ` ${whole % 60} s`
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min${rest}`
}
