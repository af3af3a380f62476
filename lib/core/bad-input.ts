import { EXIT } from './outcome.ts'

/** What the person gave cannot be worked with: one clear message, exit code 2, nothing touched (S42). */
export class BadInput extends Error {
  readonly asExitCode = EXIT.badInput
}

/** A person was asked and did not say yes: nothing is done, and that is no failure. */
export class Declined extends Error {
  readonly asExitCode = EXIT.badInput
}
