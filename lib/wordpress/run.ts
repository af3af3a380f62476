import { doubt } from './doubt.ts'
import { WpConfigError } from './error.ts'
import { evaluate } from './evaluate.ts'
import { choose, each } from './loop.ts'
import { type Frame, placeOf, type Reading, unknown } from './reading.ts'
import { childrenOf, type Node, nodeIn, nodesIn, textIn } from './syntax.ts'
import { truthOf, type Value } from './value.ts'

/** Why a block ended before its last statement. */
export type Signal = { readonly kind: 'return'; readonly value: Value } | { readonly kind: 'break' | 'continue' }

/** Reads a parsed file's statements in `frame`'s variables; gives what the file returns. */
export function runProgram(program: Node, path: string, frame: Frame): Value {
  noteFunctions(program, path, frame.reading)
  const inside: Frame = { ...frame, file: path, perhapsReturned: undefined }
  const signal = runAll(nodesIn(program, 'children'), inside)
  frame.doubt = inside.doubt
  return signal?.kind === 'return' ? signal.value : 1
}

/** Functions outside of blocks exist from the first line on; others from their own. */
function noteFunctions(program: Node, path: string, reading: Reading): void {
  const outer = [program, ...nodesIn(program, 'children').filter(node => node.kind === 'namespace')]
  for (const node of outer.flatMap(block => nodesIn(block, 'children')))
    if (node.kind === 'function') reading.functions.set(functionName(node), node)
  const left = [program]
  for (let node = left.pop(); node; node = left.pop()) {
    if (node.kind === 'function') reading.declared.add(functionName(node))
    if (node.kind === 'function' || node.kind === 'closure') reading.homes.set(node, path)
    left.push(...childrenOf(node))
  }
}

const functionName = (node: Node): string => textIn(node, 'name').toLowerCase()

/** Reads one statement; gives a signal when it ends the block around it. */
export function run(node: Node | undefined, frame: Frame): Signal | undefined {
  if (!node) return undefined
  const place = placeOf(node, frame)
  frame.reading.spend(1, place)
  return frame.reading.deeper(place, () =>
    Object.hasOwn(RUNNERS, node.kind) ? RUNNERS[node.kind]!(node, frame) : runOther(node, frame),
  )
}

/** Reads statements in order. */
export function runAll(nodes: readonly Node[], frame: Frame): Signal | undefined {
  for (const [index, node] of nodes.entries()) {
    const signal = run(node, frame)
    if (signal) return signal
    if (!frame.perhapsReturned) continue
    doubt(nodes.slice(index + 1), frame.perhapsReturned, frame)
    return { kind: 'return', value: frame.perhapsReturned }
  }
  return undefined
}

const block = (node: Node, frame: Frame): Signal | undefined => runAll(nodesIn(node, 'children'), frame)

/** Statements that may end the block around them. */
const RUNNERS: Readonly<Record<string, (node: Node, frame: Frame) => Signal | undefined>> = {
  block,
  namespace: block,
  declare: block,
  return: (node, frame) => ({ kind: 'return', value: evaluate(nodeIn(node, 'expr'), frame) }),
  break: (node, frame) => leave('break', node, frame),
  continue: (node, frame) => leave('continue', node, frame),
  if: branch,
  switch: (node, frame) => choose(node, frame),
  foreach: (node, frame) => each(node, frame),
  try: attempt,
}

/** Statements that do not, and the field that holds what they act upon, one by one. */
const EFFECTS: Readonly<Record<string, { readonly field: string; readonly act: (item: Node, frame: Frame) => void }>> = {
  echo: { field: 'expressions', act: (item, frame) => void evaluate(item, frame) },
  constantstatement: { field: 'constants', act: defineConstant },
  unset: { field: 'variables', act: unset },
  global: { field: 'items', act: useGlobal },
}

const WITHOUT_EFFECT = new Set(['inline', 'noop', 'class', 'interface', 'trait', 'enum', 'usegroup', 'label'])

function leave(kind: 'break' | 'continue', node: Node, frame: Frame): Signal {
  if (node.level) throw new WpConfigError(frame.file, placeOf(node, frame).line, `${kind} of a counted level cannot be followed`)
  return { kind }
}

function runOther(node: Node, frame: Frame): undefined {
  const effect = Object.hasOwn(EFFECTS, node.kind) ? EFFECTS[node.kind]! : undefined
  if (effect) for (const item of nodesIn(node, effect.field)) effect.act(item, frame)
  else if (node.kind === 'expressionstatement') evaluate(nodeIn(node, 'expression'), frame)
  else if (node.kind === 'function') frame.reading.functions.set(functionName(node), node)
  else if (node.kind === 'goto') throw new WpConfigError(frame.file, placeOf(node, frame).line, 'goto cannot be followed')
  else if (!WITHOUT_EFFECT.has(node.kind)) doubt([node], unknown(`the ${node.kind} statement`, node, frame), frame)
}

function defineConstant(constant: Node, frame: Frame): void {
  frame.reading.define(textIn(constant, 'name'), evaluate(nodeIn(constant, 'value'), frame), placeOf(constant, frame))
}

function unset(variable: Node, frame: Frame): void {
  if (variable.kind === 'variable' && typeof variable.name === 'string') frame.variables.delete(variable.name)
  else doubt([{ kind: 'unset', variables: [variable] }], unknown('unset()', variable, frame), frame)
}

/** `global $name`. */
function useGlobal(item: Node, frame: Frame): void {
  const globals = frame.reading.globals
  if (typeof item.name !== 'string' || !globals || globals.variables === frame.variables) return
  frame.variables.share(item.name, globals.variables)
}

function branch(node: Node, frame: Frame): Signal | undefined {
  const [yes, no] = [nodeIn(node, 'body'), nodeIn(node, 'alternate')]
  const test = evaluate(nodeIn(node, 'test'), frame)
  const truth = truthOf(test)
  if (truth === undefined) doubt([yes, no], unknown('a condition', node, frame, test), frame)
  return truth === undefined ? undefined : run(truth ? yes : no, frame)
}

/** Nothing that is followed here throws in PHP; what a catch block does is therefore only doubted. */
function attempt(node: Node, frame: Frame): Signal | undefined {
  const signal = run(nodeIn(node, 'body'), frame)
  for (const caught of nodesIn(node, 'catches')) doubt([nodeIn(caught, 'body')], unknown('a catch block', caught, frame), frame)
  return run(nodeIn(node, 'always'), frame) ?? signal
}
