import { doubtAliases } from './alias.ts'
import { doubtTarget } from './doubt.ts'
import { type Frame, placeOf, type Reading, unknown } from './reading.ts'
import { type Node, nodeIn, slotsIn } from './syntax.ts'
import { isUnknown, type PhpArray, textOf, type Unknown, type Value } from './value.ts'

type Evaluate = (node: Node | undefined, frame: Frame) => Value

const REQUEST = /^_(GET|POST|COOKIE|REQUEST|FILES|SESSION)$/
const HOST = /^(HTTP_HOST|SERVER_NAME)$/
/** What a web server tells of a request that this reader does not make. */
const OF_THE_REQUEST =
  /^(REQUEST_|QUERY_STRING|SCRIPT_|PHP_SELF|PATH_|DOCUMENT_ROOT|CONTEXT_|REMOTE_|SERVER_|GATEWAY_|argc$|argv$)/

/** The value of a variable or of an array's element; undefined when it is not set. */
export function lookup(node: Node, frame: Frame, evaluate: Evaluate): Value | undefined {
  if (node.kind === 'variable')
    return typeof node.name === 'string' ? variable(node, node.name, frame) : unknown('a variable variable', node, frame)
  const what = nodeIn(node, 'what')
  const offset = nodeIn(node, 'offset')
  const key = offset?.kind === 'identifier' || offset?.kind === 'name' ? String(offset.name) : evaluate(offset, frame)
  const keyText = textOf(key)
  if (!what || keyText === undefined) return unknown('an array element', node, frame, key)
  const from = what.kind === 'variable' ? String(what.name) : ''
  if (from === '_SERVER' || from === '_ENV') return environment(from, keyText, node, frame)
  const array = what.kind === 'variable' || what.kind === 'offsetlookup' ? lookup(what, frame, evaluate) : evaluate(what, frame)
  if (array instanceof Map) return array.get(keyText)
  return array === undefined || array === null ? undefined : unknown('an array element', node, frame, array)
}

function variable(node: Node, name: string, frame: Frame): Value | undefined {
  if (REQUEST.test(name) || name === 'GLOBALS' || name === '_SERVER' || name === '_ENV') return unknown(`$${name}`, node, frame)
  return frame.variables.get(name) === undefined ? frame.doubt : frame.variables.get(name)
}

/** `getenv(…)`, `$_ENV[…]`, `$_SERVER[…]`; undefined when not set. A request's own headers are not set, its host is the domain. */
export function environment(from: 'getenv' | '_ENV' | '_SERVER', name: string, node: Node, frame: Frame): Value | undefined {
  const { reading } = frame
  const written = reading.written.get(`${from}[${name}]`)
  if (written !== undefined) return written
  if (from !== '_SERVER') return fromWorld(name, node, frame)
  if (HOST.test(name)) return hostOf(reading) ?? unknown(`$_SERVER['${name}']`, node, frame)
  if (OF_THE_REQUEST.test(name)) return unknown(`$_SERVER['${name}']`, node, frame)
  return name === 'HTTPS' || name.startsWith('HTTP_') ? undefined : fromWorld(name, node, frame)
}

function hostOf(reading: Reading): string | undefined {
  reading.askedHost = true
  return reading.domain
}

function fromWorld(name: string, node: Node, frame: Frame): Value | undefined {
  try {
    const value = frame.reading.world.getenv(name)
    if (value !== undefined) frame.reading.secrets.add(value)
    return value ?? frame.reading.environmentDoubt
  } catch (error) {
    return unknown(`an environment variable (${messageOf(error, frame)})`, node, frame)
  }
}

/** What the world said when it refused, without secrets. */
export const messageOf = (error: unknown, frame: Frame): string =>
  frame.reading.redact(error instanceof Error ? error.message : String(error))

/** Gives `value` to the target of an assignment; what cannot be followed becomes unknown. */
export function assign(target: Node, value: Value, frame: Frame, evaluate: Evaluate): void {
  if (target.name === 'table_prefix') frame.reading.prefixPlace = placeOf(target, frame)
  if (target.kind === 'variable' && typeof target.name === 'string') frame.variables.set(target.name, value)
  else if (target.kind === 'offsetlookup') assignElement(target, value, frame, evaluate)
  else if (target.kind === 'list' || target.kind === 'array') assignList(target, value, frame, evaluate)
  else doubtTarget(target, unknown('a variable variable', target, frame), frame)
}

function assignElement(target: Node, value: Value, frame: Frame, evaluate: Evaluate): void {
  const what = nodeIn(target, 'what')
  const offset = nodeIn(target, 'offset')
  const key = offset ? textOf(evaluate(offset, frame)) : undefined
  const reason: Unknown = unknown('an array element', target, frame, isUnknown(value) ? value : undefined)
  if (what?.kind !== 'variable' || typeof what.name !== 'string' || key === undefined) doubtTarget(what, reason, frame)
  else if (/^_(SERVER|ENV)$/.test(what.name)) frame.reading.written.set(`${what.name}[${key}]`, value)
  else {
    const array = frame.variables.get(what.name) ?? new Map<string, Value>()
    if (array instanceof Map) frame.reading.spend(array.size, placeOf(target, frame))
    if (array instanceof Map) frame.variables.set(what.name, new Map(array).set(key, value))
    else doubtTarget(what, reason, frame)
  }
}

function assignList(target: Node, value: Value, frame: Frame, evaluate: Evaluate): void {
  const array: PhpArray | undefined = value instanceof Map ? value : undefined
  for (const [index, item] of slotsIn(target, 'items').entries()) {
    if (!item || item.kind === 'noop') continue
    doubtAliases(item, unknown('a reference', item, frame), frame)
    const place = nodeIn(item, 'value')
    const keyNode = nodeIn(item, 'key')
    const key = keyNode ? textOf(evaluate(keyNode, frame)) : String(index)
    if (!place) continue
    const element = array && key !== undefined ? (array.get(key) ?? null) : unknown('an array element', item, frame, value)
    assign(place, element, frame, evaluate)
  }
}
