import { snapshot } from './snapshot.ts'

/** What is where in a tree, by path. */
export type TreeState = Readonly<Record<string, string>>

/** A tree, less what a nightly run itself writes into it. */
export const stateOf = (folder: string): TreeState => snapshot(folder, path => path === '.holdfast')

/** Of each path what was found of it, where one of the states has that; else what the first has: so a tree must be that was backed up while it went from one to the next. */
export function nearest(found: TreeState, states: readonly TreeState[]): TreeState {
  const paths = states.flatMap(Object.keys)
  const wanted = paths.map(path => [path, states.some(state => state[path] === found[path]) ? found[path] : states[0]?.[path]])
  return Object.fromEntries(wanted.filter(([, what]) => what !== undefined))
}
