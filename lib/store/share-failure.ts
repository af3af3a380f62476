/** Something on a share that could not be read or written, with the kernel's code where there is one. */
export class ShareFailure extends Error {
  readonly code: string | undefined

  constructor(message: string, code?: string) {
    super(message)
    this.code = code
  }
}

/** Turns a folder or a file that is not there into undefined. @throws any other failure */
export function unlessMissing(error: unknown): undefined {
  if (error instanceof ShareFailure && error.code === 'ENOENT') return undefined
  throw error
}

/** The same of something else than was wanted, which somebody put there. */
export const unlessUnusable = (error: unknown): undefined =>
  error instanceof ShareFailure && error.code === 'EKIND' ? undefined : unlessMissing(error)
