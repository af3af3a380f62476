import { doubtAliases } from './alias.ts'
import { callFunction } from './call.ts'
import { entersWordPress } from './called.ts'
import { doubt, doubtEverything } from './doubt.ts'
import { includeFile } from './include.ts'
import { docIndent, doubleQuoted, nowdoc, numberLiteral, outdent, quotedLiteral } from './literal.ts'
import { assignment, binary, cast, isset, limited, negated, ternary, unary } from './operator.ts'
import { type Frame, placeOf, Stop, unknown } from './reading.ts'
import { lineOf, type Node, nodeIn, nodesIn, textIn } from './syntax.ts'
import { textOf, type Value } from './value.ts'
import { lookup } from './variable.ts'

type Read = (node: Node, frame: Frame) => Value

/** What an expression gives when it is read as data; an Unknown, never a guess, where only running it would tell. */
export function evaluate(node: Node | undefined, frame: Frame): Value {
  if (!node) return null
  const place = placeOf(node, frame)
  frame.reading.spend(1, place)
  return frame.reading.deeper(place, () =>
    Object.hasOwn(READERS, node.kind) ? READERS[node.kind]!(node, frame) : unfollowed(node, frame),
  )
}

/** As evaluate, but null for what is not set: the way of `??`, `isset` and `empty`. */
export function evaluateQuietly(node: Node | undefined, frame: Frame): Value {
  if (node?.kind !== 'variable' && node?.kind !== 'offsetlookup') return evaluate(node, frame)
  return frame.reading.deeper(placeOf(node, frame), () => lookup(node, frame, evaluate) ?? null)
}

const READERS: Readonly<Record<string, Read>> = {
  string: (node, frame) => quotedLiteral(textIn(node, 'raw')) ?? unknown('a string that is not UTF-8', node, frame),
  nowdoc: (node, frame) => nowdoc(textIn(node, 'raw')) ?? unknown('a nowdoc', node, frame),
  encapsed: interpolated,
  number: (node, frame) => numberLiteral(textIn(node, 'value')) ?? unknown('a number this large', node, frame),
  boolean: node => node.value === true,
  nullkeyword: () => null,
  magic,
  name: constant,
  variable: (node, frame) => lookup(node, frame, evaluate) ?? unknown(`$${String(node.name)}, which is not set`, node, frame),
  offsetlookup: (node, frame) => lookup(node, frame, evaluate) ?? unknown('an array element that is not set', node, frame),
  array,
  bin: binary,
  unary,
  silent: (node, frame) => evaluateQuietly(nodeIn(node, 'expr'), frame),
  cast,
  retif: ternary,
  isset,
  empty: (node, frame) => negated(evaluateQuietly(nodeIn(node, 'expression'), frame)),
  assign: assignment,
  assignref: (node, frame) => {
    doubtAliases(node, unknown('a reference', node, frame), frame)
    return unknown('a reference', node, frame)
  },
  call: (node, frame) => callFunction(node, frame, evaluate),
  include: (node, frame) =>
    entersWordPress(node) ? stop(node, frame) : includeFile(node, evaluate(nodeIn(node, 'target'), frame), frame),
  exit: stop,
  print: (node, frame) => [1, evaluate(nodeIn(node, 'expression'), frame)][0]!,
  closure: (node, frame) => {
    doubtAliases(node, unknown('a reference', node, frame), frame)
    return unknown('a closure', node, frame)
  },
  arrowfunc: (node, frame) => unknown('a closure', node, frame),
  eval: (node, frame) => {
    const source = evaluate(nodeIn(node, 'source'), frame)
    if (textOf(source)?.trim() !== '') doubtEverything(unknown('eval()', node, frame), frame)
    return unknown('eval()', node, frame)
  },
}

function unfollowed(node: Node, frame: Frame): Value {
  const reason = unknown(node.kind === 'new' ? 'an object' : `an expression of the kind "${node.kind}"`, node, frame)
  doubt([node], reason, frame)
  return reason
}

function stop(node: Node, frame: Frame): never {
  throw new Stop(placeOf(node, frame))
}

function interpolated(node: Node, frame: Frame): Value {
  if (node.type === 'shell') return unknown('a shell command', node, frame)
  const heredoc = node.type === 'heredoc'
  const indent = heredoc ? docIndent(textIn(node, 'raw')) : ''
  const parts = nodesIn(node, 'value').map(part => nodeIn(part, 'expression'))
  let text = ''
  for (const [index, part] of parts.entries()) {
    let value = part?.kind === 'string' ? textIn(part, 'raw') : evaluate(part, frame)
    if (part?.kind === 'string' && typeof value === 'string') {
      if (heredoc && index === parts.length - 1) value = value.replace(/(^|\r?\n)[ \t]*$/, '')
      value =
        doubleQuoted(outdent(value, indent, index === 0), heredoc ? '' : '"') ??
        unknown('a string that is not UTF-8', node, frame)
    }
    const piece = textOf(value)
    if (piece === undefined) return unknown('a string with a value in it that has no text', node, frame, value)
    text += piece
  }
  return limited(text, node, frame)
}

function magic(node: Node, frame: Frame): Value {
  if (node.value === '__DIR__') return frame.file.slice(0, Math.max(frame.file.lastIndexOf('/'), 1))
  if (node.value === '__FILE__') return frame.file
  return node.value === '__LINE__' ? lineOf(node) : unknown(String(node.value), node, frame)
}

const BUILT_IN: Readonly<Record<string, Value>> = {
  TRUE: true,
  FALSE: false,
  NULL: null,
  DIRECTORY_SEPARATOR: '/',
  PHP_EOL: '\n',
}

function constant(node: Node, frame: Frame): Value {
  const name = textIn(node, 'name').replace(/^.*\\/, '')
  const known = frame.reading.constants.get(name)
  if (known) return known.value
  const builtIn = /^(true|false|null)$/i.test(name) ? name.toUpperCase() : name
  if (Object.hasOwn(BUILT_IN, builtIn)) return BUILT_IN[builtIn]!
  return unknown(`the constant ${name}, which is not defined here`, node, frame, frame.reading.barrier)
}

function array(node: Node, frame: Frame): Value {
  const elements = new Map<string, Value>()
  let next = 0
  for (const item of nodesIn(node, 'items')) {
    doubtAliases(item, unknown('a reference', item, frame), frame)
    const keyNode = item.kind === 'entry' ? nodeIn(item, 'key') : undefined
    const key = keyNode ? textOf(evaluate(keyNode, frame)) : String(next)
    if (key === undefined || item.unpack === true || item.kind === 'variadic')
      return unknown('an array with unknown keys', node, frame)
    elements.set(key, evaluate(item.kind === 'entry' ? nodeIn(item, 'value') : item, frame))
    if (/^\d{1,15}$/.test(key)) next = Math.max(next, Number(key) + 1)
  }
  return elements
}
