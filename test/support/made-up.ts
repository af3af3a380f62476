import type { Hold, Step } from '../../lib/engine/step.ts'
import { type Performed, perform } from './perform.ts'

/** What the made-up steps and holds of a test did, in order. */
export const done: string[] = []
/** A step that notes that it was done. */
export const step = (name: string, work: (facts: object) => object | void = () => {}): Step<object, object> => ({
  name,
  title: name,
  run: async facts => {
    done.push(name)
    return work(facts) ?? {}
  },
})
/** A hold that notes when it goes up and down. */
export const hold = <Name extends string>(
  name: Name,
  up: () => void = () => {},
  down: () => void = () => {},
): Hold<object, Record<Name, true>> => ({
  name,
  title: name,
  up: async () => {
    done.push(`${name} up`)
    up()
    return { [name]: true } as Record<Name, true>
  },
  down: async facts => {
    done.push(`${name} down${name in facts ? '' : ' without its facts'}`)
    down()
  },
})
/** Work that fails. */
export const fail = (): never => {
  throw new Error('it broke')
}

/** Runs a recipe that needs nothing; `done` is emptied before. */
export async function order(
  chain: Parameters<typeof perform>[0],
  options: Parameters<typeof perform>[2] = {},
): Promise<Performed> {
  done.length = 0
  return await perform(chain, {}, options)
}
