import type { RunEvent } from '../core/outcome.ts'

/** What is reported of a subject whose turn has not come, and whether that is all. */
interface Waiting {
  readonly events: RunEvent[]
  isOver: boolean
}

/**
 * Tells what happens to several subjects at once as if it happened to one after the other, in the order in which they
 * began: what is told of the others waits. Only how far a long step is comes at once, or a log would be silent about
 * what takes longest. In the end, also after a stop, whatever still waits is reported.
 */
export function inTurn(onEvent: (event: RunEvent) => void) {
  const atWork = new Map<string, Waiting>()
  const next = (): readonly [string, Waiting] | undefined => atWork.entries().next().value
  const pass = ({ events }: Waiting): void => {
    for (const event of events.splice(0)) onEvent(event)
  }
  return {
    onEvent: (event: RunEvent): void => {
      const { subject } = event
      if (subject === undefined || event.kind === 'progress') {
        onEvent(event)
        return
      }
      if (!atWork.has(subject)) atWork.set(subject, { events: [], isOver: false })
      const own = atWork.get(subject)!
      own.events.push(event)
      own.isOver ||= event.kind === 'over'
      for (let first = next(); first; first = next()) {
        const [name, waiting] = first
        pass(waiting)
        if (!waiting.isOver) return
        atWork.delete(name)
      }
    },
    [Symbol.dispose]: (): void => {
      for (const waiting of atWork.values()) pass(waiting)
    },
  }
}
