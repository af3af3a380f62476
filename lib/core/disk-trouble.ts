import { messageOf } from './wording.ts'

/** What the kernel's errors (errno(3)) say of a disk. */
const TROUBLE: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EROFS: 'its disk is read-only',
  EIO: 'its disk gives errors',
}

/** What is wrong with the disk, where that is why something failed: by the error's own code, or that of its cause. */
export function diskTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && Object.hasOwn(TROUBLE, code)) return `${TROUBLE[code]} (${code})`
  return diskTrouble(error.cause)
}

/** The error of a path that could not be written: of a full disk the kernel's own says only `write`. */
export const cannotWrite = (path: string, error: unknown): Error =>
  new Error(`${path} cannot be written: ${diskTrouble(error) ?? messageOf(error)}`, { cause: error })
