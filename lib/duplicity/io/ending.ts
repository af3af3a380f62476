import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { type CommandOptions, TimedOut } from '../../engine/process.ts'
import type { Host } from '../../inventory/schema.ts'
import type { Target } from '../args.ts'
import { duplicityError, endedError } from '../errors.ts'
import { parseLog } from '../log.ts'

/**
 * Seconds for which duplicity may do nothing once it has said that it failed. It does not always end then: it waits for
 * a gpg to which it listens no longer (both versions, where a volume is damaged that comes after one that was read in
 * part).
 */
const AFTER_ERROR = 5

/** Bytes of the end of a log that are looked at while it grows. */
const TAIL = 65_536

/**
 * How a call of duplicity is ended when it does not end by itself, and its failure named.
 * @param places where it writes on this host
 */
export function duplicityEnding(
  { deadlines }: Host,
  target: Target,
  places: readonly string[],
): Required<Pick<CommandOptions, 'idleTimeout' | 'explain'>> {
  return {
    idleTimeout: () => (parseLog(tailOf(target.logFile)).at(-1)?.keyword === 'ERROR' ? AFTER_ERROR : deadlines.duplicity),
    explain: failure => {
      const log = logOf(target)
      return failure instanceof TimedOut
        ? endedError(log, failure.stderr, `${failure.how}, deadlines.duplicity in the inventory`, places)
        : duplicityError(failure.exitCode, log, failure.stderr, places)
    },
  }
}

/** What a call has written to its log; nothing where there is none. */
export function logOf({ logFile }: Pick<Target, 'logFile'>): string {
  try {
    return readFileSync(logFile, 'utf8')
  } catch {
    return ''
  }
}

function tailOf(file: string): string {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(TAIL)
      const count = readSync(descriptor, bytes, 0, TAIL, Math.max(0, fstatSync(descriptor).size - TAIL))
      return bytes.toString('utf8', 0, count)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return '' // it has written nothing yet
  }
}
