import type { Letter } from './mailbox.ts'

/** A mail that an owner must get: each line of it by one of these, and each of these by a line. */
export interface Owed {
  /** What is worth a mail: there is none when there is nothing. */
  readonly tells: readonly RegExp[]
  /** What a mail says too, and is none worth. */
  readonly besides: readonly RegExp[]
  /** What it may say or not. */
  readonly may: readonly RegExp[]
}

/**
 * What is wrong with the mails that came: each that nobody expected, each that is missing, each line too many or
 * too few.
 */
export function surprises(owed: readonly Owed[], letters: readonly Letter[]): string[] {
  const due = owed.filter(({ tells }) => tells.length > 0)
  const missing = due.slice(letters.length).map(({ tells }) => `MISSED: no mail came that tells ${tells.join(' and ')}`)
  const surplus = letters.slice(due.length).map(({ subject, lines }) => `FALSE ALARM: "${subject}": ${lines.join(' | ')}`)
  const pairs = letters.slice(0, due.length).map((letter, at) => [letter, due[at]!] as const)
  return [
    ...missing,
    ...surplus,
    ...pairs.flatMap(([letter, { tells, besides, may }]) => misread(letter, [...tells, ...besides], may)),
  ]
}

function misread({ subject, lines }: Letter, tells: readonly RegExp[], may: readonly RegExp[]): string[] {
  const untold = tells.filter(each => !lines.some(line => each.test(line)))
  const unexpected = lines.filter(line => ![...tells, ...may].some(each => each.test(line)))
  return [
    ...untold.map(each => `MISSED: "${subject}" does not tell ${each}, but: ${lines.join(' | ')}`),
    ...unexpected.map(line => `FALSE ALARM: "${subject}" tells: ${line}`),
  ]
}
