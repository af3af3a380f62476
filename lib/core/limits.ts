import { intervalSeconds, parseInterval } from './age.ts'

/** A value of a site's own settings file: what it says, or the default and what is wrong with it. */
type Limit = { readonly value: number; readonly problem: string | undefined }

/** Bytes in a MB, as disk makers and `max_NAS_space` count. */
export const MEGABYTE = 1_000_000

/** The allowance in bytes that the text of `max_NAS_space`, or else a default, gives in MB (S11). */
export function allowanceFrom(text: string | undefined, otherwise: number): Limit {
  if (text === undefined) return { value: otherwise * MEGABYTE, problem: undefined }
  const megabytes = /^\d{1,12}(\.\d{1,6})?$/.test(text.trim()) ? Number(text.trim()) : 0
  if (megabytes > 0) return { value: megabytes * MEGABYTE, problem: undefined }
  const problem = `max_NAS_space says ${quoted(text)}, wanted a number of MB such as 1000; ${otherwise} is used`
  return { value: otherwise * MEGABYTE, problem }
}

/** The seconds between full backups that the text of `full_backup_freq`, or else a default, gives (S12). */
export function frequencyFrom(text: string | undefined, otherwise: string): Limit {
  const value = parseInterval(otherwise)
  if (text === undefined) return { value, problem: undefined }
  const seconds = intervalSeconds(text.trim()) ?? 0
  if (seconds > 0) return { value: seconds, problem: undefined }
  const problem = `full_backup_freq says ${quoted(text)}, wanted an interval such as 1M, 1W or 28D; ${otherwise} is used`
  return { value, problem }
}

const quoted = (text: string): string => JSON.stringify(text.trim().slice(0, 40))
