const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

/**
 * The environment of a program that is to believe another time: the library is loaded as it is. The program `faketime` is not called, since it
 * fails when one of its own that had the same process id was killed and left its semaphore behind.
 * @param time ms since the epoch, at which the program starts; undefined for an environment without the time, which the caller sets
 */
export function faketime(time?: number): NodeJS.ProcessEnv {
  const clock = time === undefined ? {} : { FAKETIME: `@${faketimeText(time)}` }
  return { LD_PRELOAD: LIBRARY, TZ: 'UTC', NO_FAKE_STAT: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1', ...clock }
}

/** A time as the library reads it, in UTC: `2026-01-05 03:00:00`. */
export const faketimeText = (time: number): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ')
