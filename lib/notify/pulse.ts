import { formatAge } from '../core/age.ts'
import type { RunEvent } from '../core/outcome.ts'

/** Seconds of silence after which a long step says that it lives, and between two such lines. */
const BEAT = 60

interface Working {
  readonly title: string
  readonly since: number
  reportedAt: number
  progress: string
}

/** Thins progress out to a line a minute for each long step (S34), also where a step reports none. */
export function pulse(onEvent: (event: RunEvent) => void, now: () => number = Date.now, beat = BEAT) {
  const working = new Map<string | undefined, Working>()
  const report = (): void => {
    for (const [subject, step] of working) {
      if (now() - step.reportedAt < beat * 1000) continue
      step.reportedAt = now()
      const text = `${step.title}: at work for ${formatAge(now() - step.since)}${step.progress === '' ? '' : `, ${step.progress}`}`
      onEvent({ kind: 'progress', at: now(), subject, text })
    }
  }
  const timer = setInterval(report, (beat * 1000) / 12).unref()
  return {
    onEvent: (event: RunEvent): void => {
      const { subject } = event
      if (event.kind === 'begin')
        working.set(subject, { title: event.title, since: event.at, reportedAt: event.at, progress: '' })
      if (event.kind === 'end') working.delete(subject)
      const step = working.get(subject)
      if (event.kind !== 'progress') onEvent(event)
      else if (step) step.progress = event.text
    },
    [Symbol.dispose]: (): void => clearInterval(timer),
  }
}
