import { doubtAliases } from './alias.ts'
import { BUILT_INS } from './built-in.ts'
import { bodiesOfCallbacks, calledName, isMethod, namesFunction } from './called.ts'
import { doubtBodies, doubtEverything, doubtReferences } from './doubt.ts'
import { type Frame, newFrame, placeOf, unknown } from './reading.ts'
import { run } from './run.ts'
import { type Node, nodeIn, nodesIn, textIn } from './syntax.ts'
import { isUnknown, type Value } from './value.ts'

type Evaluate = (node: Node | undefined, frame: Frame) => Value

/**
 * What a call gives: a function that the configuration declares is read like the rest of it, one of PHP's own is computed
 * when it is in the short list of built-in.ts, and all others are unknown.
 */
export function callFunction(call: Node, frame: Frame, evaluate: Evaluate): Value {
  const what = nodeIn(call, 'what')
  const name = calledName(call)
  const declared = what?.kind === 'closure' ? what : frame.reading.functions.get(name)
  doubtAliases(call, unknown('a reference', call, frame), frame)
  const argumentNodes = nodesIn(call, 'arguments')
  const plain = argumentNodes.every(node => node.kind !== 'variadic' && node.kind !== 'namedargument')
  if (plain && declared) return callDeclared(declared, call, frame, evaluate)
  const values = argumentNodes.map(node => evaluate(node, frame))
  if (plain && Object.hasOwn(BUILT_INS, name)) {
    const value = BUILT_INS[name]!({ values, call, frame, name })
    doubtReferences(call, unknown(`${name}()`, call, frame), frame)
    return value ?? unknown(`${name}()`, call, frame, values.find(isUnknown))
  }
  return callUnknown(call, name, values, frame)
}

function callUnknown(call: Node, name: string, values: readonly Value[], frame: Frame): Value {
  const what = nodeIn(call, 'what')
  const reason = unknown(name === '' ? nameOfMethod(what) : `${name}()`, call, frame)
  doubtBodies(bodiesOfCallbacks(call), reason, frame)
  if (values.some(value => typeof value === 'string' && namesFunction(value, frame))) doubtEverything(reason, frame)
  doubtReferences(call, reason, frame)
  if (what?.kind === 'variable' || /^(extract|call_user_func|call_user_func_array)$/.test(name)) doubtEverything(reason, frame)
  if (isMethod(call)) frame.reading.environmentDoubt ??= reason
  return reason
}

/** `Config::define()`, `->load()`, `a function in a variable`. */
function nameOfMethod(what: Node | undefined): string {
  const method = what ? textIn(what, 'offset') : ''
  if (!what || method === '') return 'a function in a variable'
  return what.kind === 'staticlookup' ? `${textIn(what, 'what')}::${method}()` : `->${method}()`
}

function callDeclared(declared: Node, call: Node, frame: Frame, evaluate: Evaluate): Value {
  const inside = newFrame(frame.reading, frame.reading.homes.get(declared) ?? frame.file)
  for (const used of nodesIn(declared, 'uses'))
    inside.variables.set(String(used.name), frame.variables.get(String(used.name)) ?? null)
  doubtAliases(declared, unknown('a reference', call, frame), frame)
  const given = nodesIn(call, 'arguments').map(node => evaluate(node, frame))
  for (const [index, parameter] of nodesIn(declared, 'arguments').entries()) {
    const value = index < given.length ? given[index]! : evaluate(nodeIn(parameter, 'value'), inside)
    const followed = parameter.variadic !== true && parameter.byref !== true
    inside.variables.set(textIn(parameter, 'name'), followed ? value : unknown('an argument', call, frame))
  }
  const signal = frame.reading.deeper(placeOf(call, frame), () => run(nodeIn(declared, 'body'), inside))
  return signal?.kind === 'return' ? signal.value : null
}
