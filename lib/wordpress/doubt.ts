import { doubtAliases } from './alias.ts'
import { bodiesOfCallbacks, calledName, entersWordPress, isMethod, namesFunction } from './called.ts'
import { type Frame, placeOf } from './reading.ts'
import { childrenOf, type Node, nodeIn, nodesIn, textIn } from './syntax.ts'
import type { Unknown } from './value.ts'
import { Variables } from './variables.ts'

/** PHP functions that change a variable given to them. */
const BY_REFERENCE =
  /^(preg_match|preg_match_all|parse_str|settype|[a-z]{0,2}sort|shuffle|array_(push|pop|shift|unshift|splice|walk|multisort)|str_replace|exec|similar_text)$/
/** These ask about a function by its name and do not call it. */
const ASKING = /^(function_exists|is_callable)$/
const ANYTHING = /^(eval|extract|call_user_func|call_user_func_array)$/
/** The fields of a node that it assigns to. */
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  assign: ['left'],
  pre: ['what'],
  post: ['what'],
  foreach: ['key', 'value'],
  catch: ['variable'],
}
const SUPERGLOBAL = /^_(SERVER|ENV)$/
const OWN_SCOPE = new Set(['function', 'closure', 'arrowfunc', 'class', 'interface', 'trait', 'enum'])

/**
 * Goes through code that is not run, because it is not known whether or how PHP would run it, and marks all that it may
 * have changed as unknown, for `reason`: constants, variables, environment.
 */
export function doubt(nodes: readonly (Node | undefined)[], reason: Unknown, frame: Frame): void {
  const seen = new Set<string>()
  const bodies = walk(
    nodes.filter(node => node !== undefined),
    reason,
    frame,
    seen,
  )
  doubtBodies(bodies, reason, frame, seen)
}

/** As doubt(), of functions' bodies: their own variables and returns are no concern of the frame's. */
export function doubtBodies(bodies: Node[], reason: Unknown, frame: Frame, seen = new Set<string>()): void {
  const inside: Frame = { ...frame, variables: new Variables() }
  for (let body = bodies.pop(); body; body = bodies.pop()) bodies.push(...walk([body], reason, inside, seen))
}

/** Marks what the nodes change; gives the bodies of the functions that they call. */
function walk(left: Node[], reason: Unknown, frame: Frame, seen: Set<string>): Node[] {
  const bodies: Node[] = []
  for (let node = left.pop(); node; node = left.pop()) {
    frame.reading.spend(1, placeOf(node, frame))
    doubtNode(node, reason, frame)
    if (node.kind === 'call') bodies.push(...calledBody(node, frame, seen))
    if (!OWN_SCOPE.has(node.kind)) left.push(...childrenOf(node))
  }
  return bodies
}

function calledBody(call: Node, frame: Frame, seen: Set<string>): Node[] {
  const what = nodeIn(call, 'what')
  const name = calledName(call)
  const called = what?.kind === 'closure' ? what : seen.has(name) ? undefined : frame.reading.functions.get(name)
  seen.add(name)
  const body = called ? nodeIn(called, 'body') : undefined
  return [...(body ? [body] : []), ...bodiesOfCallbacks(call)]
}

function doubtNode(node: Node, reason: Unknown, frame: Frame): void {
  if (node.kind === 'call') doubtCall(node, reason, frame)
  doubtAliases(node, reason, frame)
  for (const field of TARGETS[node.kind] ?? []) doubtTarget(nodeIn(node, field), reason, frame)
  if (node.kind === 'unset') for (const variable of nodesIn(node, 'variables')) doubtTarget(variable, reason, frame)
  if (node.kind === 'global') for (const item of nodesIn(node, 'items')) doubtTarget(item, reason, frame.reading.globals ?? frame)
  if (node.kind === 'constantstatement') doubtConstants(node, reason, frame)
  if (node.kind === 'return') frame.perhapsReturned ??= reason
  if (node.kind === 'eval' || (node.kind === 'include' && !entersWordPress(node))) doubtEverything(reason, frame)
}

function doubtConstants(statement: Node, reason: Unknown, frame: Frame): void {
  for (const constant of nodesIn(statement, 'constants')) frame.reading.doubtConstant(textIn(constant, 'name'), reason)
}

function doubtCall(call: Node, reason: Unknown, frame: Frame): void {
  const name = calledName(call)
  const [first] = nodesIn(call, 'arguments')
  if (name === 'putenv' || isMethod(call)) frame.reading.environmentDoubt ??= reason
  if (name === 'define' && first?.kind === 'string') frame.reading.doubtConstant(textIn(first, 'value'), reason)
  else if (name === 'define' || mayDoAnything(call, name, frame)) doubtEverything(reason, frame)
  doubtReferences(call, reason, frame)
}

function mayDoAnything(call: Node, name: string, frame: Frame): boolean {
  const texts = nodesIn(call, 'arguments').filter(node => node.kind === 'string')
  if (ANYTHING.test(name) || nodeIn(call, 'what')?.kind === 'variable') return true
  return !ASKING.test(name) && texts.some(node => namesFunction(textIn(node, 'value'), frame))
}

/** Marks the variables that a call of PHP's own functions may change. */
export function doubtReferences(call: Node, reason: Unknown, frame: Frame): void {
  if (!BY_REFERENCE.test(calledName(call))) return
  for (const argument of nodesIn(call, 'arguments')) if (argument.kind === 'variable') doubtTarget(argument, reason, frame)
}

/** Marks what an assignment to `target` may change. */
export function doubtTarget(target: Node | undefined, reason: Unknown, frame: Frame): void {
  if (!target) return
  if (target.kind === 'list' || target.kind === 'array')
    for (const item of nodesIn(target, 'items')) doubtTarget(nodeIn(item, 'value') ?? item, reason, frame)
  else if (target.kind === 'offsetlookup') doubtTarget(nodeIn(target, 'what'), reason, frame)
  else if (target.kind === 'variable' && typeof target.name === 'string') doubtVariable(target.name, reason, frame)
  else if (target.kind === 'variable') doubtVariables(reason, frame)
}

function doubtVariable(name: string, reason: Unknown, frame: Frame): void {
  if (SUPERGLOBAL.test(name)) frame.reading.environmentDoubt ??= reason
  else if (name === 'GLOBALS') doubtVariables(reason, frame.reading.globals ?? frame)
  else frame.variables.set(name, reason)
}

function doubtVariables(reason: Unknown, frame: Frame): void {
  frame.doubt ??= reason
  for (const name of frame.variables.names()) if (name !== 'table_prefix') frame.variables.set(name, reason)
}

/**
 * Marks all as unknown that is not settled: constants defined so far stay (PHP cannot change them), and `$table_prefix`
 * does once it is set, since a file that is included after it is a plugin's loader, not a second configuration.
 */
export function doubtEverything(reason: Unknown, frame: Frame): void {
  frame.reading.barrier ??= reason
  frame.reading.environmentDoubt ??= reason
  doubtVariables(reason, frame)
}
