import type { SetAnswer } from '../core/page.ts'
import type { Question } from '../host/ask-pages.ts'

/** What is served and asked inside the sandbox: paths are those in there. */
export interface ToServe {
  readonly root: string
  readonly work: string
  /** Those that it has, with their restored dumps; none for a site that is no WordPress. */
  readonly databases: readonly {
    readonly name: string
    readonly user: string
    readonly password: string
    readonly dump: string
  }[]
  /** Where the site looks for their server, when that is no socket. */
  readonly port: number | undefined
  readonly question: Question
  /** A program that judges the pages instead of the question. */
  readonly judge: string | undefined
  /** Seconds for the answer to all pages together. */
  readonly request: number
}

export interface Served {
  /** Seconds that the import took; absent where there was none, or it failed. */
  readonly imported?: number | undefined
  readonly answer: SetAnswer
}

/** A restore point could not be tried: nothing is known of it by that. */
export class NotTested extends Error {}
