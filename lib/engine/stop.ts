/** The signals that end a run early, in order: its children are killed, its holds released, its report still made. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type StopSignal = (typeof STOP_SIGNALS)[number]

/** The one stop of a program. */
export interface Stop {
  /** Aborted by the first stop signal. */
  readonly signal: AbortSignal
  /** Which signal it was. */
  readonly by: () => StopSignal | undefined
  /** Stops listening to the process's signals. */
  readonly release: () => void
}

/** Listens to the process's stop signals until released. A second signal changes nothing. */
export function listenForStop(): Stop {
  const controller = new AbortController()
  let by: StopSignal | undefined
  const listeners = STOP_SIGNALS.map(name => {
    const listener = (): void => {
      by ??= name
      controller.abort(new Stopped(name))
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  return {
    signal: controller.signal,
    by: () => by,
    release: () => {
      for (const release of listeners) release()
    },
  }
}

/** Why work was cut short. */
export class Stopped extends Error {
  /** When, by the clock of `performance.now()`. */
  readonly at = performance.now()

  constructor(signal: string) {
    super(`stopped by ${signal}`)
  }
}
