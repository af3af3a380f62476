import { EXIT } from './outcome.ts'

/** What the person gave cannot be worked with: one clear message, exit code 2, nothing touched (S42). */
export class BadInput extends Error {
  readonly asExitCode = EXIT.badInput
}
