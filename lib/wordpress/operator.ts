import { doubt } from './doubt.ts'
import { evaluate, evaluateQuietly } from './evaluate.ts'
import { type Frame, unknown } from './reading.ts'
import { type Node, nodeIn, nodesIn } from './syntax.ts'
import { equal, identical, isUnknown, textOf, truthOf, type Value } from './value.ts'
import { assign } from './variable.ts'

/** No credential is longer. It also keeps a chain of doublings from filling the memory. */
const MAX_TEXT = 64 * 1024

/** A text, if it is not too long. */
export const limited = (text: string, node: Node, frame: Frame): Value =>
  text.length > MAX_TEXT ? unknown(`a text of more than ${MAX_TEXT} characters`, node, frame) : text

/** PHP's `!`. */
export const negated = (value: Value): Value => {
  const truth = truthOf(value)
  return truth === undefined ? value : !truth
}

/** `!`, and the sign of a number. */
export function unary(node: Node, frame: Frame): Value {
  const value = evaluate(nodeIn(node, 'what'), frame)
  if (node.type === '!') return negated(value)
  if (typeof value === 'number' && (node.type === '-' || node.type === '+')) return node.type === '-' ? 0 - value : value
  return unknown('arithmetic', node, frame, value)
}

/** `(string)` and its kin, where they change nothing that is lost here. */
export function cast(node: Node, frame: Frame): Value {
  const value = evaluate(nodeIn(node, 'expr'), frame)
  if (node.type === 'string') return textOf(value) ?? unknown('a conversion', node, frame, value)
  if (node.type === 'bool') return truthOf(value) ?? value
  return (node.type === 'int' && Number.isInteger(value)) || (node.type === 'array' && value instanceof Map)
    ? value
    : unknown('a conversion', node, frame, value)
}

/** `isset(…)` of any number of variables. */
export function isset(node: Node, frame: Frame): Value {
  for (const variable of nodesIn(node, 'variables')) {
    const value = evaluateQuietly(variable, frame)
    if (isUnknown(value)) return value
    if (value === null) return false
  }
  return true
}

/** `a ? b : c` and `a ?: c`; the branch not known to be taken is only doubted. */
export function ternary(node: Node, frame: Frame): Value {
  const [yes, no] = [nodeIn(node, 'trueExpr'), nodeIn(node, 'falseExpr')]
  const test = evaluate(nodeIn(node, 'test'), frame)
  const truth = truthOf(test)
  if (truth === undefined) doubt([yes, no], unknown('', node, frame, test), frame)
  if (truth === undefined) return test
  return truth ? (yes ? evaluate(yes, frame) : test) : evaluate(no, frame)
}

/** Concatenation, comparison, `&&`, `||`, `??`; arithmetic is unknown. */
export function binary(node: Node, frame: Frame): Value {
  const [left, right] = [nodeIn(node, 'left'), nodeIn(node, 'right')]
  const type = String(node.type).toLowerCase()
  if (type === '??') return coalesced(evaluateQuietly(left, frame), right, frame)
  if (/^(&&|and|\|\||or)$/.test(type)) return shortCircuit(evaluate(left, frame), type === '&&' || type === 'and', right, frame)
  const [a, b] = [evaluate(left, frame), evaluate(right, frame)]
  if (type === '.') return joined(a, b, node, frame)
  const same = /^[!=]==$/.test(type) ? identical(a, b) : /^([!=]=|<>)$/.test(type) ? equal(a, b) : undefined
  if (same === undefined) return unknown(`the operator ${type}`, node, frame, isUnknown(a) ? a : b)
  return type.startsWith('=') ? same : !same
}

function joined(left: Value, right: Value, node: Node, frame: Frame): Value {
  const [a, b] = [textOf(left), textOf(right)]
  if (a === undefined || b === undefined) return unknown('a value that has no text', node, frame, isUnknown(left) ? left : right)
  return limited(a + b, node, frame)
}

function coalesced(left: Value, right: Node | undefined, frame: Frame): Value {
  if (isUnknown(left)) doubt([right], left, frame)
  return left === null ? evaluate(right, frame) : left
}

function shortCircuit(left: Value, and: boolean, right: Node | undefined, frame: Frame): Value {
  if (isUnknown(left)) doubt([right], left, frame)
  if (isUnknown(left)) return left
  if (truthOf(left) !== and) return !and
  const value = evaluate(right, frame)
  return truthOf(value) ?? unknown('a condition', right!, frame, value)
}

/** `=`, `.=` and `??=`; other assignments leave their target unknown. */
export function assignment(node: Node, frame: Frame): Value {
  const [target, source] = [nodeIn(node, 'left'), nodeIn(node, 'right')]
  if (!target) return null
  const value = assigned(node, target, source, frame)
  assign(target, value, frame, evaluate)
  return value
}

function assigned(node: Node, target: Node, source: Node | undefined, frame: Frame): Value {
  if (node.operator === '=') return evaluate(source, frame)
  if (node.operator === '??=') return coalesced(evaluateQuietly(target, frame), source, frame)
  const value = evaluate(source, frame)
  return node.operator === '.=' ? joined(evaluate(target, frame), value, node, frame) : unknown('arithmetic', node, frame, value)
}
