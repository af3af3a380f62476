import { doubt } from './doubt.ts'
import { evaluate } from './evaluate.ts'
import { type Frame, unknown } from './reading.ts'
import { run, runAll, type Signal } from './run.ts'
import { type Node, nodeIn, nodesIn } from './syntax.ts'
import { equal, isUnknown } from './value.ts'

/** A switch: the first case that equals the subject, and what follows it up to a break. */
export function choose(node: Node, frame: Frame): Signal | undefined {
  const subject = evaluate(nodeIn(node, 'test'), frame)
  const body = nodeIn(node, 'body')
  const cases = body ? nodesIn(body, 'children') : []
  let from = cases.findIndex(entry => !nodeIn(entry, 'test'))
  for (const [index, entry] of cases.entries()) {
    const test = nodeIn(entry, 'test')
    const value = test ? evaluate(test, frame) : false
    const same = test ? equal(subject, value) : false
    if (same === undefined)
      return void doubt(cases, unknown('a switch', node, frame, isUnknown(subject) ? subject : value), frame)
    if (same) from = index
    if (same) break
  }
  const statements = from < 0 ? [] : cases.slice(from).flatMap(entry => nodeIn(entry, 'body') ?? [])
  const signal = runAll(statements, frame)
  return signal?.kind === 'return' ? signal : undefined
}

/** A foreach over an array that is known, into plain variables; every other loop is only doubted. */
export function each(node: Node, frame: Frame): Signal | undefined {
  const source = evaluate(nodeIn(node, 'source'), frame)
  const [key, value] = [nodeIn(node, 'key'), nodeIn(node, 'value')]
  const plain = value?.kind === 'variable' && value.byref !== true && (key?.kind ?? 'variable') === 'variable'
  if (!(source instanceof Map) || !plain) return void doubt([node], unknown('a loop', node, frame, source), frame)
  for (const [name, element] of source) {
    if (key) frame.variables.set(String(key.name), name)
    frame.variables.set(String(value.name), element)
    const signal = run(nodeIn(node, 'body'), frame)
    if (signal?.kind === 'return') return signal
    if (signal?.kind === 'break') break
  }
  return undefined
}
