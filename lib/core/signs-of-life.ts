import { DAY, formatAge } from './age.ts'
import { printTime } from './restore-point.ts'

/** What is known of a host that is said to be dead. Times in ms since the epoch. */
export interface LastSeen {
  /** When it wrote down what it can run, near the end of a night. */
  readonly card: number | undefined
  /** When it made its newest backup of the site. */
  readonly backup: number | undefined
  /** An address of it at which the site answers now. */
  readonly answersAt: string | undefined
}

/** A host that makes a backup a night has left no sign for so long only if it is down. */
const LATELY = 1.5 * DAY

/** What speaks against a host being dead, a sentence each. */
export function signsOfLife(host: string, { card, backup, answersAt }: LastSeen, now: number): readonly string[] {
  const seen = (what: string, time: number | undefined): string[] =>
    time !== undefined && now - time < LATELY ? [`${host} ${what} on ${printTime(time)}, ${formatAge(now - time)} ago`] : []
  return [
    ...(answersAt === undefined ? [] : [`the site answers on ${host} now, at ${answersAt}`]),
    ...seen('ended a night', card),
    ...seen('made a backup', backup),
  ]
}
